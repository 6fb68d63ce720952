import type { Example } from '../../../examples/example.ts';

const modules = import.meta.glob<Example>('../../../examples/*/meta.ts', { eager: true, import: 'meta' });

/** Every job that a person can run from the gallery: one for each folder of `examples/`, in the order of their titles. */
export const gallery: readonly Example[] = Object.values(modules).toSorted((a, b) =>
  a.title.localeCompare(b.title),
);
