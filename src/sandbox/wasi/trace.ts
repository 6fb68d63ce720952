import { ERRNO, errnoName } from './errno.ts';
import { MAX_TRACE_LINES } from './limits.ts';
import type { GuestMemory } from './guest-memory.ts';
import { formatArguments, formatResult } from './format-call.ts';

/** Lines are told in batches of so many, and at the end. */
const BATCH_LINES = 200;

type Import = (...given: never[]) => number;

/**
 * Writes down the calls of a run, as `strace` does: `path_open(3, "data/in.csv", O_CREAT) = 4`. Keeps the first
 * {@link MAX_TRACE_LINES} and counts the rest.
 *
 * @example
 * const trace = new Trace((lines) => console.log(lines.join('\n')));
 * const wasi = createWasi({ ...options, trace });
 * // … the run …
 * trace.close();
 */
export class Trace {
  readonly #tell: (lines: readonly string[]) => void;
  #lines: string[] = [];
  #count = 0;

  constructor(tell: (lines: readonly string[]) => void) {
    this.#tell = tell;
  }

  /** The same call, written down. */
  around(name: string, call: Import, memory: GuestMemory): Import {
    return (...given) => {
      if (++this.#count > MAX_TRACE_LINES) return call(...given);
      const line = `${name}(${formatArguments(name, given, memory)})`;
      let end = '';
      try {
        const errno = call(...given);
        end = ` = ${errno === ERRNO.SUCCESS ? formatResult(name, given, memory) : errnoName(errno)}`;
        return errno;
      } finally {
        this.#write(line + end);
      }
    };
  }

  /** Tells the lines that are left, and how many were left out. */
  close(): void {
    const leftOut = this.#count - MAX_TRACE_LINES;
    if (leftOut > 0) this.#lines.push(`… and ${leftOut} more calls`);
    this.#flush();
  }

  #write(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length >= BATCH_LINES) this.#flush();
  }

  #flush(): void {
    if (this.#lines.length > 0) this.#tell(this.#lines);
    this.#lines = [];
  }
}
