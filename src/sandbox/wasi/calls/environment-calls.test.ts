import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { ERRNO } from '../errno.ts';
import { TestGuest } from '../fixtures/test-guest.ts';
import { OFLAG } from '../files/flags.ts';

const RESULT_AT = 64;

function strings(guest: TestGuest, of: 'args' | 'environ'): string[] {
  const at = guest.room(8);
  expect(guest.call(`${of}_sizes_get`, at, at + 4)).toBe(0);
  const [count, bytes] = [guest.view(at, 8).getUint32(0, true), guest.view(at, 8).getUint32(4, true)];
  const [list, text] = [guest.room(4 * count), guest.room(bytes)];
  expect(guest.call(`${of}_get`, list, text)).toBe(0);
  const all = guest.text(text, bytes);
  expect(guest.view(list, 4 * count).getUint32(0, true)).toBe(text);
  return all.split('\0').slice(0, -1);
}

test('arguments and environment come as C takes them, in UTF-8', () => {
  const guest = new TestGuest({ args: ['prog', '', 'für'], env: ['A=1', 'B=x y'] });
  expect(strings(guest, 'args')).toEqual(['prog', '', 'für']);
  expect(strings(guest, 'environ')).toEqual(['A=1', 'B=x y']);
  for (const name of ['args_get', 'environ_get', 'args_sizes_get', 'environ_sizes_get']) {
    expect(guest.call(name, -1, 0)).toBe(ERRNO.FAULT);
    expect(guest.call(name, 0, -1)).toBe(ERRNO.FAULT);
  }
});

describe('clocks', () => {
  test('begin at the epoch, or at zero, and go on by a step at each reading', () => {
    const guest = new TestGuest({ epochMs: 1_000 });
    const times = [0, 0, 1, 2, 3].map((id) => {
      expect(guest.asking('clock_time_get', id, 1n)).toBe(0);
      return guest.u64;
    });
    expect(times).toEqual([1_000_001_000n, 1_000_002_000n, 3_000n, 4_000n, 5_000n]);
    expect(guest.asking('clock_res_get', 1)).toBe(0);
    expect(guest.u64).toBe(1_000n);
    expect(guest.asking('clock_time_get', 4, 0n)).toBe(ERRNO.INVAL);
    expect(guest.asking('clock_res_get', -1)).toBe(ERRNO.INVAL);
    expect(guest.call('clock_time_get', 0, 0n, -1)).toBe(ERRNO.FAULT);
    expect(guest.call('clock_res_get', 0, -1)).toBe(ERRNO.FAULT);
  });
});

describe('poll_oneoff', () => {
  interface Wanted {
    readonly type: number;
    readonly fd?: number;
    readonly clock?: number;
    readonly ns?: bigint;
    readonly flags?: number;
  }

  function poll(guest: TestGuest, wanted: readonly Wanted[]) {
    const from = guest.room(48 * wanted.length);
    const to = guest.room(32 * wanted.length);
    for (const [i, { type, fd, clock = 0, ns = 0n, flags = 0 }] of wanted.entries()) {
      const view = guest.view(from + 48 * i, 48);
      view.setBigUint64(0, BigInt(i + 10), true);
      view.setUint8(8, type);
      view.setUint32(16, fd ?? clock, true);
      view.setBigUint64(24, ns, true);
      view.setUint16(40, flags, true);
    }
    const errno = guest.asking('poll_oneoff', from, to, wanted.length);
    if (errno !== 0) return -errno;
    return Array.from({ length: guest.u32 }, (_, i) => {
      const view = guest.view(to + 32 * i, 32);
      const bytes = Number(view.getBigUint64(16, true));
      return [Number(view.getBigUint64(0, true)), view.getUint16(8, true), view.getUint8(10), bytes];
    });
  }
  const now = (guest: TestGuest) => {
    guest.asking('clock_time_get', 1, 0n);
    return guest.u64;
  };

  test('jumps to the first clock that is due', () => {
    const guest = new TestGuest();
    const hour = 3_600_000_000_000n;
    expect(
      poll(guest, [
        { type: 0, clock: 1, ns: 2n * hour },
        { type: 0, ns: hour },
      ]),
    ).toEqual([[11, 0, 0, 0]]);
    expect(now(guest)).toBeGreaterThanOrEqual(hour);
    expect(now(guest)).toBeLessThan(hour + 1_000_000n);
    // An absolute moment, of either clock; one that is over is due at once.
    expect(poll(guest, [{ type: 0, clock: 1, ns: 3n * hour, flags: 1 }])).toEqual([[10, 0, 0, 0]]);
    expect(now(guest)).toBeGreaterThanOrEqual(3n * hour);
    expect(poll(guest, [{ type: 0, clock: 0, ns: 5n, flags: 1 }])).toEqual([[10, 0, 0, 0]]);
    expect(now(guest)).toBeLessThan(4n * hour);
  });

  test('sleeps for ever without the clock going back', () => {
    const guest = new TestGuest();
    let before = now(guest);
    for (let i = 0; i < 5; i++) {
      expect(poll(guest, [{ type: 0, clock: 1, ns: 2n ** 64n - 1n }])).toEqual([[10, 0, 0, 0]]);
      expect(now(guest)).toBeGreaterThan(before);
      before = now(guest);
    }
  });

  test('finds files ready before any clock', () => {
    const guest = new TestGuest({ stdin: utf8('abc') });
    const events = poll(guest, [
      { type: 0, clock: 1, ns: 1_000_000_000n },
      { type: 1, fd: 0 },
      { type: 2, fd: 1 },
      { type: 2, fd: 99 },
    ]);
    expect(events).toEqual([
      [11, 0, 1, 3],
      [12, 0, 2, 0],
      [13, ERRNO.BADF, 2, 0],
    ]);
    expect(now(guest)).toBeLessThan(1_000_000n);
  });

  test('refuses what it does not know', () => {
    const guest = new TestGuest();
    expect(poll(guest, [])).toBe(-ERRNO.INVAL);
    expect(poll(guest, [{ type: 3 }])).toBe(-ERRNO.INVAL);
    expect(poll(guest, [{ type: 0, clock: 9 }])).toBe(-ERRNO.INVAL);
    expect(poll(guest, [{ type: 0, flags: 2 }])).toBe(-ERRNO.INVAL);
    expect(guest.asking('poll_oneoff', 0, 0, 4_097)).toBe(ERRNO.INVAL);
    expect(guest.asking('poll_oneoff', -48, 0, 2)).toBe(ERRNO.FAULT);
    expect(guest.asking('poll_oneoff', 0, -32, 2)).toBe(ERRNO.FAULT);
  });
});

test('random bytes come from the seed alone', () => {
  const bytes = (seed: number) => {
    const guest = new TestGuest({ seed: new Uint8Array(32).fill(seed) });
    const at = guest.room(100);
    expect(guest.call('random_get', at, 100)).toBe(0);
    return new Uint8Array(guest.memory.buffer.slice(at, at + 100));
  };
  expect(bytes(1)).toEqual(bytes(1));
  expect(bytes(1)).not.toEqual(bytes(2));
  expect(new TestGuest().call('random_get', -1, 2)).toBe(ERRNO.FAULT);
});

test('a program ends itself by a code or a signal; there is nothing to yield to, and there are no sockets', () => {
  const guest = new TestGuest();
  expect(guest.call('sched_yield')).toBe(0);
  expect(() => guest.call('proc_exit', 7)).toThrow(expect.objectContaining({ code: 7 }));
  expect(() => guest.call('proc_exit', -1)).toThrow(expect.objectContaining({ code: 4_294_967_295 }));
  expect(() => guest.call('proc_raise', 6)).toThrow(expect.objectContaining({ kind: 'trap' }));
  const file = guest.open('f', { oflags: OFLAG.CREAT });
  for (const name of ['sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown']) {
    for (const fd of [1, 3, file]) expect(guest.call(name, fd, 0, RESULT_AT)).toBe(ERRNO.NOTSOCK);
    expect(guest.call(name, 80, 0, RESULT_AT)).toBe(ERRNO.BADF);
  }
});
