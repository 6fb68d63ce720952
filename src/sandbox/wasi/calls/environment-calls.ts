import { utf8 } from '../../../base/bytes.ts';
import { GuestFault } from '../../messages.ts';
import { ERRNO, fail } from '../errno.ts';
import type { GuestMemory } from './guest-memory.ts';
import { type Calls, type Process, ProgramExit } from '../process.ts';

const CLOCK_REALTIME = 0;
const CLOCKS = 4;

/** Arguments, environment, clocks, randomness, the program's end; and sockets, which nobody has. */
export function environmentCalls({ memory, clock, descriptors, random, args, env }: Process): Calls {
  const notASocket = (fd: number) => {
    descriptors.get(fd);
    fail(ERRNO.NOTSOCK);
  };
  const strings = { args: new StringList(args), env: new StringList(env) };
  return {
    args_sizes_get: (countAt: number, sizeAt: number) => strings.args.writeSizes(memory, countAt, sizeAt),
    args_get: (listAt: number, textAt: number) => strings.args.write(memory, listAt, textAt),
    environ_sizes_get: (countAt: number, sizeAt: number) => strings.env.writeSizes(memory, countAt, sizeAt),
    environ_get: (listAt: number, textAt: number) => strings.env.write(memory, listAt, textAt),

    clock_res_get(id: number, at: number) {
      if (id >>> 0 >= CLOCKS) fail(ERRNO.INVAL);
      memory.setU64(at, clock.resolutionNs);
    },
    clock_time_get(id: number, _precision: bigint, at: number) {
      if (id >>> 0 >= CLOCKS) fail(ERRNO.INVAL);
      memory.check(at, 8);
      const nowNs = clock.tick();
      memory.setU64(at, id === CLOCK_REALTIME ? nowNs : clock.sinceStart(nowNs));
    },
    random_get(at: number, length: number) {
      random().fill(memory.bytes(at, length));
    },

    // There is nobody else to let run.
    sched_yield() {},
    proc_exit(code: number) {
      throw new ProgramExit(code >>> 0);
    },
    proc_raise(signal: number) {
      throw new GuestFault('trap', `The program raised signal ${signal}.`);
    },

    sock_accept: notASocket,
    sock_recv: notASocket,
    sock_send: notASocket,
    sock_shutdown: notASocket,
  };
}

/** Texts as C takes them: a list of pointers, and the texts, each with a NUL at its end. */
class StringList {
  readonly #texts: readonly Uint8Array[];
  readonly #bytes: number;

  constructor(texts: readonly string[]) {
    this.#texts = texts.map(utf8);
    this.#bytes = this.#texts.reduce((sum, text) => sum + text.byteLength + 1, 0);
  }

  writeSizes(memory: GuestMemory, countAt: number, sizeAt: number): void {
    memory.check(sizeAt, 4);
    memory.setU32(countAt, this.#texts.length);
    memory.setU32(sizeAt, this.#bytes);
  }

  write(memory: GuestMemory, listAt: number, textAt: number): void {
    memory.check(textAt, this.#bytes);
    let list = memory.check(listAt, 4 * this.#texts.length);
    let at = textAt >>> 0;
    for (const text of this.#texts) {
      memory.setU32(list, at);
      memory.bytes(at, text.byteLength).set(text);
      memory.setU8(at + text.byteLength, 0);
      at += text.byteLength + 1;
      list += 4;
    }
  }
}
