import { ERRNO, type Errno, fail, WasiError } from '../errno.ts';
import { MAX_SUBSCRIPTIONS } from '../limits.ts';
import type { Calls, Process } from '../process.ts';
import { RIGHT } from '../files/rights.ts';

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const EVENT_CLOCK = 0;
const EVENT_READ = 1;
const EVENT_WRITE = 2;
const CLOCK_REALTIME = 0;
const CLOCKS = 4;
const ABSOLUTE_TIME = 1;

interface Subscription {
  readonly userdata: bigint;
  readonly type: number;
  /** Of a descriptor. */
  readonly fd: number;
  /** Of a clock: the moment on the virtual clock when it is due. */
  readonly dueNs: bigint | undefined;
}

interface Event {
  readonly userdata: bigint;
  readonly type: number;
  readonly errno: Errno;
  readonly bytes: bigint;
}

/** Waiting. Files are always ready; a clock that is waited for is jumped to, which takes no time. */
export function pollCalls({ memory, clock, descriptors }: Process): Calls {
  const readSubscription = (at: number, nowNs: bigint): Subscription => {
    const type = memory.u8(at + 8);
    if (type > EVENT_WRITE) fail(ERRNO.INVAL);
    const common = { userdata: memory.u64(at), type };
    if (type !== EVENT_CLOCK) return { ...common, fd: memory.u32(at + 16), dueNs: undefined };
    const [id, timeout, flags] = [memory.u32(at + 16), memory.u64(at + 24), memory.u16(at + 40)];
    if (id >= CLOCKS || (flags & ~ABSOLUTE_TIME) !== 0) fail(ERRNO.INVAL);
    if ((flags & ABSOLUTE_TIME) === 0) return { ...common, fd: 0, dueNs: nowNs + timeout };
    return { ...common, fd: 0, dueNs: id === CLOCK_REALTIME ? timeout : clock.fromStart(timeout) };
  };
  const readiness = ({ userdata, type, fd }: Subscription): Event => {
    try {
      const { inode, position } = descriptors.get(fd, RIGHT.POLL_FD_READWRITE);
      const left = Math.max(0, inode.size - position);
      return { userdata, type, errno: ERRNO.SUCCESS, bytes: type === EVENT_READ ? BigInt(left) : 0n };
    } catch (error) {
      if (error instanceof WasiError) return { userdata, type, errno: error.errno, bytes: 0n };
      throw error;
    }
  };
  const writeEvent = (at: number, { userdata, type, errno, bytes }: Event) => {
    memory.bytes(at, EVENT_BYTES).fill(0);
    memory.setU64(at, userdata);
    memory.setU16(at + 8, errno);
    memory.setU8(at + 10, type);
    memory.setU64(at + 16, bytes);
  };

  return {
    poll_oneoff(inAt: number, outAt: number, count: number, happenedAt: number) {
      const length = count >>> 0;
      if (length === 0 || length > MAX_SUBSCRIPTIONS) fail(ERRNO.INVAL);
      const from = memory.check(inAt, length * SUBSCRIPTION_BYTES);
      const to = memory.check(outAt, length * EVENT_BYTES);
      memory.check(happenedAt, 4);
      const nowNs = clock.tick();
      // All are read before an event is written: the two lists may overlap.
      const subscriptions = Array.from({ length }, (_, i) =>
        readSubscription(from + i * SUBSCRIPTION_BYTES, nowNs),
      );
      // Without files to be ready, time goes on to whatever is due first.
      const waitsForFiles = subscriptions.some(({ dueNs }) => dueNs === undefined);
      const dueFirstNs = subscriptions.reduce(
        (least, { dueNs = LATEST }) => (dueNs < least ? dueNs : least),
        LATEST,
      );
      if (!waitsForFiles) clock.advanceTo(dueFirstNs);
      const isDue = (ns: bigint) => ns <= clock.nowNs || (!waitsForFiles && ns === dueFirstNs);
      const events = subscriptions.flatMap((subscription): Event[] => {
        const { userdata, type, dueNs } = subscription;
        if (dueNs === undefined) return [readiness(subscription)];
        return isDue(dueNs) ? [{ userdata, type, errno: ERRNO.SUCCESS, bytes: 0n }] : [];
      });
      for (const [i, event] of events.entries()) writeEvent(to + i * EVENT_BYTES, event);
      memory.setU32(happenedAt, events.length);
    },
  };
}

/** Beyond every moment that a subscription can name. */
const LATEST = 2n ** 66n;
