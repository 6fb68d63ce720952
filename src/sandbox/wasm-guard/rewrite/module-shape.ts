/** What a module's parts refer to, gathered section by section. */
export interface ModuleShape {
  /** Where each function type's parameters begin in the original. */
  readonly typeOffsets: number[];
  /** Parameters of each function type. */
  readonly typeArity: number[];
  /** Type of each function, imports first. */
  readonly functionTypes: number[];
  /** Names of imported functions, in order. */
  readonly imports: string[];
  tables: number;
  /** To how many elements each table may grow, as it was clamped. */
  readonly tableMaxima: number[];
  memories: number;
  /** To how many pages the memory may grow, as it was clamped. */
  memoryMaximum: number;
  /** The guest's own globals; the fuel is the one after them, then the one that tells of denied growth. */
  globals: number;
  /** The function to run first. */
  start: number | undefined;
}

/** The shape of a module of which nothing was read yet. */
export function emptyShape(): ModuleShape {
  return {
    typeOffsets: [],
    typeArity: [],
    functionTypes: [],
    imports: [],
    tables: 0,
    tableMaxima: [],
    memories: 0,
    memoryMaximum: 0,
    globals: 0,
    start: undefined,
  };
}
