import { type Fd, WASI, wasi } from '@bjorn3/browser_wasi_shim';
import { utf8 } from '../../base/bytes.ts';
import { MAX_DESCRIPTORS } from '../limits.ts';
import { GuestFault } from '../messages.ts';
import { RandomStream } from '../wasi/random-stream.ts';

/** Where every task's clock begins: 2026-01-01T00:00:00Z in nanoseconds. */
const EPOCH_NS = 1_767_225_600_000_000_000n;
/** How far the clock goes on with each reading: 1 µs. */
const STEP_NS = 1_000n;

/** What the imports of one run are made of. */
export interface WasiEnvironment {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly seed: Uint8Array;
  readonly descriptors: Fd[];
}

/**
 * The WASI of one run: the shim's, with everything replaced that would differ between two runs or reach outside:
 * clocks, sleep, randomness, sockets. Our own WASI takes this file's place later.
 */
export function createWasi({ args, env, seed, descriptors }: WasiEnvironment): WASI {
  // Unless told otherwise the shim logs every call to the console.
  const shim = new WASI([...args], [...env], descriptors, { debug: false });
  const view = () => new DataView(shim.inst.exports.memory.buffer);
  let nowNs = EPOCH_NS;
  let random: RandomStream | undefined;
  const openPath = shim.wasiImport['path_open']!;
  const encodedArgs = args.map(utf8);
  Object.assign(shim.wasiImport, {
    // The shim counts UTF-16 units here.
    args_sizes_get(countAt: number, sizeAt: number) {
      view().setUint32(countAt, encodedArgs.length, true);
      view().setUint32(
        sizeAt,
        encodedArgs.reduce((sum, arg) => sum + arg.byteLength + 1, 0),
        true,
      );
      return wasi.ERRNO_SUCCESS;
    },
    clock_res_get(clock: number, at: number) {
      if (clock > wasi.CLOCKID_THREAD_CPUTIME_ID) return wasi.ERRNO_INVAL;
      view().setBigUint64(at, STEP_NS, true);
      return wasi.ERRNO_SUCCESS;
    },
    clock_time_get(clock: number, _precision: bigint, at: number) {
      if (clock > wasi.CLOCKID_THREAD_CPUTIME_ID) return wasi.ERRNO_INVAL;
      nowNs += STEP_NS;
      view().setBigUint64(at, clock === wasi.CLOCKID_REALTIME ? nowNs : nowNs - EPOCH_NS, true);
      return wasi.ERRNO_SUCCESS;
    },
    poll_oneoff(inAt: number, outAt: number, count: number, countAt: number) {
      if (count !== 1) return count === 0 ? wasi.ERRNO_INVAL : wasi.ERRNO_NOTSUP;
      const { eventtype, timeout, flags, userdata, clockid } = wasi.Subscription.read_bytes(view(), inAt);
      if (eventtype !== wasi.EVENTTYPE_CLOCK) return wasi.ERRNO_NOTSUP;
      // Sleeping costs no time: the clock jumps.
      const isAbsolute = (flags & wasi.SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME) !== 0;
      const origin = isAbsolute ? (clockid === wasi.CLOCKID_REALTIME ? 0n : EPOCH_NS) : nowNs;
      const end = BigInt.asUintN(64, origin + timeout);
      if (end > nowNs) nowNs = end;
      new wasi.Event(userdata, wasi.ERRNO_SUCCESS, eventtype).write_bytes(view(), outAt);
      view().setUint32(countAt, 1, true);
      return wasi.ERRNO_SUCCESS;
    },
    sched_yield: () => wasi.ERRNO_SUCCESS,
    random_get(at: number, length: number) {
      random ??= new RandomStream(seed);
      random.fill(new Uint8Array(shim.inst.exports.memory.buffer, at >>> 0, length >>> 0));
      return wasi.ERRNO_SUCCESS;
    },
    proc_raise(signal: number) {
      throw new GuestFault('trap', `The program raised signal ${signal}.`);
    },
    path_open(...given: unknown[]) {
      return shim.fds.length < MAX_DESCRIPTORS ? openPath(...given) : wasi.ERRNO_NFILE;
    },
    sock_accept: () => wasi.ERRNO_NOTSUP,
    sock_recv: () => wasi.ERRNO_NOTSUP,
    sock_send: () => wasi.ERRNO_NOTSUP,
    sock_shutdown: () => wasi.ERRNO_NOTSUP,
  });
  return shim;
}
