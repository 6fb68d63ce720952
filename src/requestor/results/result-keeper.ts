import { type Bytes, ownBytes } from '../../base/bytes.ts';
import type { Cid } from '../../base/cid.ts';
import type { Result } from '../../protocol/task.ts';
import { type ResultRecord, resultKey } from '../records.ts';
import type { Collection } from '../../base/collection.ts';
import type { RequestorNetwork } from '../slices.ts';

/** Output bytes by path. */
export type Outputs = readonly { readonly path: string; readonly bytes: Bytes }[];

/** A result with its bytes at hand: small outputs by path, large ones in the store. */
export interface Kept {
  readonly result: Result;
  readonly inline: Record<string, Bytes>;
}

/** Keeps the standing results of one job: stored before anything else happens to them, read back by task. */
export class ResultKeeper {
  readonly #job: Cid;
  readonly #results: Collection<ResultRecord>;
  readonly #blobs: RequestorNetwork['blobs'];
  readonly #pin: (cids: readonly Cid[]) => Promise<void>;
  /** By task: when whoever works on what stands for it is done. */
  readonly #turns = new Map<number, Promise<void>>();

  constructor(
    job: Cid,
    results: Collection<ResultRecord>,
    blobs: RequestorNetwork['blobs'],
    pin: (cids: readonly Cid[]) => Promise<void>,
  ) {
    this.#job = job;
    this.#results = results;
    this.#blobs = blobs;
    this.#pin = pin;
  }

  /**
   * Carries out one step after another that reads what stands for a task and writes what follows from that: two at once
   * would undo each other's. A step must not wait for another one of its own task.
   */
  async alone<T>(task: number, step: () => Promise<T>): Promise<T> {
    const running = (this.#turns.get(task) ?? Promise.resolve()).then(step);
    const ended = running.then(
      () => {},
      () => {},
    );
    this.#turns.set(task, ended);
    try {
      return await running;
    } finally {
      if (this.#turns.get(task) === ended) this.#turns.delete(task);
    }
  }

  /** Stores a result that stands. Outputs that are in `inline` go into the record, the rest are blobs already stored. */
  async keep(
    { result, inline }: Kept,
    about: Omit<ResultRecord, 'exit' | 'outputs' | 'statement'>,
  ): Promise<ResultRecord> {
    const blobs = result.outputs.filter(({ path }) => !Object.hasOwn(inline, path));
    if (blobs.length > 0) await this.#pin(blobs.map(({ cid }) => cid));
    const { exit, outputs, ...statement } = result;
    const record: ResultRecord = {
      ...about,
      exit,
      statement,
      outputs: outputs.map((output) => {
        const bytes = inline[output.path];
        return bytes === undefined ? output : { ...output, inline: ownBytes(bytes) };
      }),
    };
    await this.put(record);
    return record;
  }

  /** Stores a record in the place of the one of its task. */
  async put(record: ResultRecord): Promise<void> {
    await this.#results.put(resultKey(this.#job, record.task), record);
  }

  /** What stands for a task; undefined while nothing does. */
  get(task: number): Promise<ResultRecord | undefined> {
    return this.#results.get(resultKey(this.#job, task));
  }

  /** Everything that stands, in task order. */
  async all(): Promise<ResultRecord[]> {
    return (await this.#results.entries(`${this.#job}/`)).map(([, record]) => record);
  }

  /** Outputs of what stands for a task; undefined while nothing does. */
  async outputs(task: number): Promise<Outputs | undefined> {
    const record = await this.get(task);
    if (record === undefined) return undefined;
    return Promise.all(
      record.outputs.map(async ({ path, cid, inline }) => ({
        path,
        bytes: inline ?? (await this.#blobs.get(cid, { holders: [] })),
      })),
    );
  }

  /** Forgets one task's result: its only supporter was caught lying elsewhere. */
  async drop(task: number): Promise<void> {
    await this.#results.delete(resultKey(this.#job, task));
  }

  /** Forgets everything of this job. */
  async dropAll(): Promise<void> {
    for (const { task } of await this.all()) await this.drop(task);
  }
}

/** The result of a record, as its providers stated it. */
export function keptOf({ exit, outputs, statement = {} }: ResultRecord): Kept {
  return {
    result: {
      ...statement,
      exit,
      outputs: outputs.map(({ path, cid, bytes }) => ({ path, cid, bytes })),
    },
    inline: Object.fromEntries(
      outputs.flatMap(({ path, inline }) => (inline === undefined ? [] : [[path, inline]])),
    ),
  };
}
