/** What a module's parts refer to, gathered section by section. */
export interface ModuleShape {
  /** Parameters of each function type. */
  readonly typeArity: number[];
  /** Type of each function, imports first. */
  readonly functionTypes: number[];
  /** Names of imported functions, in order. */
  readonly imports: string[];
  tables: number;
  memories: number;
  /** The guest's own globals; the fuel is the one after them. */
  globals: number;
  /** The function to run first. */
  start: number | undefined;
}

/** The shape of a module of which nothing was read yet. */
export function emptyShape(): ModuleShape {
  return {
    typeArity: [],
    functionTypes: [],
    imports: [],
    tables: 0,
    memories: 0,
    globals: 0,
    start: undefined,
  };
}
