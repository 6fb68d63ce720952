import type { JobKind } from '../src/protocol/primitives.ts';
import type { JobDraft } from '../src/requestor/view.ts';

/** A choice the person makes before the job is built. */
export type ExampleOption = { readonly name: string; readonly label: string; readonly help: string } & (
  | {
      readonly type: 'number';
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly step: number;
      /** What the number counts, e.g. "frames". */
      readonly unit?: string;
    }
  | {
      readonly type: 'select';
      readonly default: string;
      readonly choices: readonly { readonly value: string; readonly label: string }[];
    }
);

/** A file the job is built from. */
export interface ExampleInput {
  /** Its key among the bytes given to `build`. */
  readonly name: string;
  /** Where the shipped file lies: `file:` in Node, a page address in a browser. */
  readonly url: URL;
  readonly description: string;
  /** Set when the person may give a file of their own: what a file picker accepts, e.g. ".glb". */
  readonly accept?: string;
}

/** One entry of the gallery: what it shows, what it asks, and how it makes a job. */
export interface Example {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly kind: JobKind;
  readonly inputs: readonly ExampleInput[];
  readonly options: readonly ExampleOption[];
  /** A small picture for the gallery. */
  readonly thumbnail?: URL;
  /**
   * Builds the job from the inputs' bytes and the options' values (absent ones take their default). Pure: the same
   * bytes and values give the same draft. `report` hears each step in words.
   */
  build(
    inputs: Readonly<Record<string, Uint8Array>>,
    options: Readonly<Record<string, number | string>>,
    report?: (step: string) => void,
  ): Promise<JobDraft>;
}
