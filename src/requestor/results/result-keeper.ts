import { type Bytes, ownBytes } from '../../base/bytes.ts';
import type { Cid } from '../../base/cid.ts';
import type { Result } from '../../protocol/task.ts';
import { type ResultRecord, resultKey, type Supporter } from '../records.ts';
import type { Collection } from '../../base/collection.ts';
import type { RequestorNetwork } from '../slices.ts';

/** Output bytes by path. */
export type Outputs = readonly { readonly path: string; readonly bytes: Bytes }[];

/** Keeps the verified results of one job: stored before anything else happens to them, read back by task. */
export class ResultKeeper {
  readonly #job: Cid;
  readonly #results: Collection<ResultRecord>;
  readonly #blobs: RequestorNetwork['blobs'];
  readonly #pin: (cids: readonly Cid[]) => Promise<void>;

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

  /** Stores a verified result. Outputs that are in `inline` go into the record, the rest are blobs already stored. */
  async keep(
    task: number,
    result: Result,
    inline: Readonly<Record<string, Uint8Array>>,
    supporters: readonly Supporter[],
  ): Promise<void> {
    const blobs = result.outputs.filter(({ path }) => !Object.hasOwn(inline, path));
    if (blobs.length > 0) await this.#pin(blobs.map(({ cid }) => cid));
    await this.#results.put(resultKey(this.#job, task), {
      task,
      exit: result.exit,
      supporters,
      outputs: result.outputs.map((output) => {
        const bytes = inline[output.path];
        return bytes === undefined ? output : { ...output, inline: ownBytes(bytes) };
      }),
    });
  }

  /** Everything verified so far, in task order. */
  async all(): Promise<ResultRecord[]> {
    return (await this.#results.entries(`${this.#job}/`)).map(([, record]) => record);
  }

  /** A verified task's outputs; undefined while it is not verified. */
  async outputs(task: number): Promise<Outputs | undefined> {
    const record = await this.#results.get(resultKey(this.#job, task));
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
