import { ERRNO, errnoName } from './errno.ts';
import { MAX_LAST_TRACE_LINES, MAX_TRACE_LINES } from './limits.ts';
import type { GuestMemory } from './calls/guest-memory.ts';
import { formatArguments, formatResult } from './calls/format-call.ts';

type Import = (...given: never[]) => number;

/**
 * Writes down the calls of a run, as `strace` does: `path_open(3, "data/in.csv", O_CREAT) = 4`. Tells the first
 * {@link MAX_TRACE_LINES} at once, counts the rest, and tells the last {@link MAX_LAST_TRACE_LINES} of those at the end:
 * a fault is most often near it.
 *
 * @example
 * const trace = new Trace((lines) => console.log(lines.join('\n')));
 * const wasi = createWasi({ ...options, trace });
 * // … the run …
 * trace.close();
 */
export class Trace {
  readonly #tell: (lines: readonly string[]) => void;
  #count = 0;
  /** The latest calls after the first ones, not yet told. */
  readonly #last: string[] = [];

  constructor(tell: (lines: readonly string[]) => void) {
    this.#tell = tell;
  }

  /** The same call, written down. */
  around(name: string, call: Import, memory: GuestMemory): Import {
    return (...given) => {
      this.#count++;
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

  /** The run is over: tells how many calls were left out, and the last ones. */
  close(): void {
    const leftOut = this.#count - MAX_TRACE_LINES - this.#last.length;
    const gap = leftOut > 0 ? [`… ${leftOut} more calls …`] : [];
    if (this.#last.length > 0) this.#tell([...gap, ...this.#last.splice(0)]);
  }

  #write(line: string): void {
    // At once: a program that hangs later never comes to its end.
    if (this.#count <= MAX_TRACE_LINES) return this.#tell([line]);
    this.#last.push(line);
    if (this.#last.length > MAX_LAST_TRACE_LINES) this.#last.shift();
  }
}
