import { type Bytes, copyBytes } from '../../base/bytes.ts';
import { FILE_TYPE, Inode } from './files/inode.ts';
import { MAX_STDERR_BYTES } from './limits.ts';

/** Standard error: takes everything, keeps its beginning for whoever looks for a fault, and is never a result. */
export class ErrorOutput extends Inode {
  readonly type = FILE_TYPE.CHARACTER_DEVICE;
  readonly size = 0;
  /** Most programs never complain: room is made for those that do. */
  #kept = new Uint8Array(0);
  #length = 0;

  get text(): Bytes {
    return copyBytes(this.#kept.subarray(0, this.#length));
  }

  write(bytes: Uint8Array): void {
    if (this.#kept.byteLength === 0) this.#kept = new Uint8Array(MAX_STDERR_BYTES);
    const part = bytes.subarray(0, MAX_STDERR_BYTES - this.#length);
    this.#kept.set(part, this.#length);
    this.#length += part.byteLength;
  }
}
