import type { Bytes } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';

/** Length of the big-endian prefix before each frame, in bytes. */
export const FRAME_PREFIX_BYTES = 4;

/** A prefix of zero ends the stream politely; a stream that ends without it broke. */
export const END_OF_FRAMES: Bytes = new Uint8Array(FRAME_PREFIX_BYTES);

/** A frame with its length before it. */
export function prefixFrame(frame: Uint8Array): Bytes {
  const prefixed = new Uint8Array(FRAME_PREFIX_BYTES + frame.byteLength);
  new DataView(prefixed.buffer).setUint32(0, frame.byteLength);
  prefixed.set(frame, FRAME_PREFIX_BYTES);
  return prefixed;
}

/** What came out of the parser: a frame, or the polite end. */
export type Parsed = { readonly kind: 'frame'; readonly bytes: Bytes } | { readonly kind: 'end' };

/** Cuts a byte stream into frames. A frame's length is judged before a byte of it is kept. */
export class FrameParser {
  readonly #maxFrameBytes: number;
  readonly #prefix = new Uint8Array(FRAME_PREFIX_BYTES);
  #prefixFill = 0;
  #frame: Bytes | undefined;
  #frameFill = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Frames completed by these bytes; throws `network/frame-too-large`. */
  *push(bytes: Uint8Array): Generator<Parsed> {
    let offset = 0;
    while (offset < bytes.byteLength) {
      offset += this.#frame === undefined ? this.#readPrefix(bytes, offset) : this.#readFrame(bytes, offset);
      if (this.#frame === undefined && this.#prefixFill === FRAME_PREFIX_BYTES) {
        const length = new DataView(this.#prefix.buffer).getUint32(0);
        this.#prefixFill = 0;
        if (length === 0) yield { kind: 'end' };
        else this.#open(length);
      }
      if (this.#frame !== undefined && this.#frameFill === this.#frame.byteLength) {
        const frame = this.#frame;
        this.#frame = undefined;
        yield { kind: 'frame', bytes: frame };
      }
    }
  }

  #open(length: number): void {
    if (length > this.#maxFrameBytes) {
      throw new KilnError(
        'network/frame-too-large',
        'The peer announced a frame larger than the protocol allows.',
        {
          data: { bytes: length, maxBytes: this.#maxFrameBytes },
          hint: 'Refuse this peer; it does not speak this version of the protocol.',
        },
      );
    }
    this.#frame = new Uint8Array(length);
    this.#frameFill = 0;
  }

  #readPrefix(bytes: Uint8Array, offset: number): number {
    const part = bytes.subarray(offset, offset + FRAME_PREFIX_BYTES - this.#prefixFill);
    this.#prefix.set(part, this.#prefixFill);
    this.#prefixFill += part.byteLength;
    return part.byteLength;
  }

  #readFrame(bytes: Uint8Array, offset: number): number {
    const frame = this.#frame!;
    const part = bytes.subarray(offset, offset + frame.byteLength - this.#frameFill);
    frame.set(part, this.#frameFill);
    this.#frameFill += part.byteLength;
    return part.byteLength;
  }
}
