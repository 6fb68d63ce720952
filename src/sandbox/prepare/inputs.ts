import type { Bytes } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import { MAX_INPUT_BYTES } from '../limits.ts';

/** An input of the job as its manifest names it. */
export interface InputRef {
  readonly cid: string;
  readonly bytes: number;
}

/** Reads an input of the job, or a slice of it; the host's store and network stand behind it. */
export type ReadInput = (
  input: InputRef,
  range?: { readonly offset: number; readonly length: number },
) => Promise<Bytes>;

/** A program that cannot run here, whoever tries: becomes the exit `refused` of each of its tasks. */
export function refusal(message: string, hint: string): KilnError {
  return new KilnError('sandbox/refused', message, { hint });
}

/**
 * Reads whole inputs, each once, and holds them to the sizes that the manifest states and to the limit of all
 * together; throws `sandbox/refused`.
 */
export class InputReader {
  readonly #read: ReadInput;
  readonly #known = new Map<string, Promise<Bytes>>();
  #totalBytes = 0;

  constructor(read: ReadInput) {
    this.#read = read;
  }

  whole(input: InputRef): Promise<Bytes> {
    const known = this.#known.get(input.cid);
    if (known !== undefined) return known;
    const reading = this.#readWhole(input);
    this.#known.set(input.cid, reading);
    return reading;
  }

  /** A program: read once, given to a guard, and not kept. */
  program(input: InputRef): Promise<Bytes> {
    return this.#readWhole(input);
  }

  /** A part of an input; its bounds must lie inside. */
  async slice(input: InputRef, offset: number, length: number): Promise<Bytes> {
    const isInside =
      Number.isSafeInteger(offset) &&
      Number.isSafeInteger(length) &&
      offset >= 0 &&
      length >= 0 &&
      offset + length <= input.bytes;
    if (!isInside || length > MAX_INPUT_BYTES) {
      throw refusal(
        `A task reads bytes ${offset} to ${offset + length} of an input of ${input.bytes}.`,
        'Fix the offset or length.',
      );
    }
    return length === 0
      ? new Uint8Array(0)
      : this.#checked(await this.#read(input, { offset, length }), length);
  }

  async #readWhole(input: InputRef): Promise<Bytes> {
    this.#totalBytes += input.bytes;
    if (this.#totalBytes > MAX_INPUT_BYTES) {
      throw refusal(
        `The inputs are larger than ${MAX_INPUT_BYTES} bytes.`,
        'Let tasks read slices of a large input.',
      );
    }
    return this.#checked(await this.#read(input), input.bytes);
  }

  #checked(bytes: Bytes, expected: number): Bytes {
    if (bytes.byteLength === expected) return bytes;
    throw refusal(
      `An input has ${bytes.byteLength} bytes where ${expected} were expected.`,
      'State the true size of each input in the manifest.',
    );
  }
}
