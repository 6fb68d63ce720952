import type * as v from 'valibot';

/** The parts of any schema that are read here; valibot's own types hide them behind each schema's. */
interface AnySchema {
  readonly type: string;
  readonly pipe?: readonly AnyAction[];
  readonly entries?: Readonly<Record<string, AnySchema>>;
  readonly item?: AnySchema;
  readonly items?: readonly AnySchema[];
  readonly value?: AnySchema;
  readonly wrapped?: AnySchema;
  readonly key?: unknown;
  readonly options?: readonly (AnySchema | string)[];
  readonly literal?: unknown;
}

interface AnyAction {
  readonly kind: string;
  readonly type: string;
  readonly requirement?: unknown;
  readonly message?: string;
}

export type PathKey = string | number;

/** A place in a manifest as people write it: `program.passes[0].bindings["7"]`. */
export function pathText(path: readonly PathKey[]): string {
  if (path.length === 0) return 'the manifest';
  const parts = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 60))}]`;
  });
  return parts.join('').replace(/^\./, '');
}

/** The schema that stands at a place; undefined where none does. `raw` decides between variants. */
export function schemaAt(
  schema: v.GenericSchema,
  path: readonly PathKey[],
  raw: unknown,
): v.GenericSchema | undefined {
  let at: AnySchema | undefined = schema as unknown as AnySchema;
  let value = raw;
  for (const key of path) {
    at = at && step(unwrapped(at), key, value);
    value =
      value === null || typeof value !== 'object' ? undefined : (value as Record<PathKey, unknown>)[key];
  }
  return at as unknown as v.GenericSchema | undefined;
}

function unwrapped(schema: AnySchema): AnySchema {
  return schema.type === 'optional' ? unwrapped(schema.wrapped!) : schema;
}

function step(schema: AnySchema, key: PathKey, value: unknown): AnySchema | undefined {
  if (schema.type === 'record') return schema.value;
  if (schema.type === 'array') return schema.item;
  if (schema.type === 'strict_tuple') return schema.items![Number(key)];
  if (schema.type === 'variant') {
    const options = schema.options as readonly AnySchema[];
    const name = schema.key as string;
    if (key === name)
      return { type: 'picklist', options: options.map((one) => String(one.entries![name]!.literal)) };
    const kind = (value as Record<string, unknown> | null)?.[name];
    const chosen = options.find((one) => one.entries![name]!.literal === kind);
    return chosen && step(chosen, key, value);
  }
  return schema.entries !== undefined && Object.hasOwn(schema.entries, key) ? schema.entries[key] : undefined;
}

/** Keys that an object may have at this place, or the names to choose from; empty where anything goes. */
export function namesAt(schema: v.GenericSchema | undefined, raw: unknown): string[] {
  if (schema === undefined) return [];
  const any = unwrapped(schema as unknown as AnySchema);
  if (any.type === 'picklist') return any.options as string[];
  if (any.type === 'literal') return [String(any.literal)];
  if (any.type === 'variant') {
    const kind = (raw as Record<string, unknown> | null)?.[any.key as string];
    const chosen = (any.options as readonly AnySchema[]).find(
      (one) => one.entries![any.key as string]!.literal === kind,
    );
    return chosen === undefined ? [any.key as string] : Object.keys(chosen.entries!);
  }
  return Object.keys(any.entries ?? {});
}

/** The schema of the keys of the record at a place; undefined where no record is. */
export function keySchemaAt(
  schema: v.GenericSchema,
  path: readonly PathKey[],
  raw: unknown,
): v.GenericSchema | undefined {
  const at = schemaAt(schema, path, raw) as unknown as AnySchema | undefined;
  const record = at && unwrapped(at);
  return record?.type === 'record' ? (record.key as v.GenericSchema) : undefined;
}

/** What a place must hold, in words: "a whole number from 1 to 9", "one of "x", "y", "z"". */
export function expectationOf(given: v.GenericSchema): string {
  const schema = unwrapped(given as unknown as AnySchema);
  const actions = (schema.pipe ?? []).flatMap(flatten);
  const bound = (type: string) =>
    actions.find((action) => action.type === type)?.requirement as number | undefined;
  switch (schema.type) {
    case 'string': {
      const form = actions.find(({ type }) => type === 'regex')?.message?.replace(/^must be /, '');
      return form ?? `a text${between(bound('min_length'), bound('max_length'), 'character')}`;
    }
    case 'number': {
      const isWhole = actions.some(({ type }) => type === 'safe_integer' || type === 'integer');
      return `a ${isWhole ? 'whole ' : ''}number${range(bound('min_value'), bound('max_value'))}`;
    }
    case 'boolean':
      return 'true or false';
    case 'literal':
      return JSON.stringify(schema.literal);
    case 'picklist':
      return `one of ${schema.options!.map((option) => JSON.stringify(option)).join(', ')}`;
    case 'union':
      return 'a number or an expression';
    case 'array':
      return `a list${between(bound('min_length'), bound('max_length'), 'item')}`;
    case 'strict_tuple':
      return `a list of ${schema.items!.length} items`;
    case 'record':
      return `an object${between(bound('min_entries'), bound('max_entries'), 'entry')}`;
    case 'variant': {
      const kinds = (schema.options as readonly AnySchema[]).map((one) =>
        JSON.stringify(one.entries![schema.key as string]!.literal),
      );
      return `an object whose "${schema.key as string}" is one of ${kinds.join(', ')}`;
    }
    default: {
      const needed = Object.entries(schema.entries ?? {}).filter(([, one]) => one.type !== 'optional');
      return needed.length === 0
        ? 'an object'
        : `an object with ${needed.map(([key]) => `"${key}"`).join(', ')}`;
    }
  }
}

function flatten(item: AnyAction & { readonly pipe?: readonly AnyAction[] }): AnyAction[] {
  return item.kind === 'schema'
    ? (item.pipe ?? []).filter((inner) => inner !== item).flatMap(flatten)
    : [item];
}

function between(least: number | undefined, most: number | undefined, unit: string): string {
  const units = unit.replace(/y$/, 'ie') + 's';
  if (least === undefined && most === undefined) return '';
  if (least === undefined) return ` of at most ${most} ${units}`;
  return most === undefined ? ` of at least ${least} ${units}` : ` of ${least} to ${most} ${units}`;
}

function range(least: number | undefined, most: number | undefined): string {
  if (least === undefined && most === undefined) return '';
  if (least === undefined) return ` of at most ${most}`;
  return most === undefined ? ` of at least ${least}` : ` from ${least} to ${most}`;
}
