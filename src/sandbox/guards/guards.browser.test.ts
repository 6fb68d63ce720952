import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Bytes } from '../../base/bytes.ts';
import { utf8 } from '../../base/bytes.ts';
import { effectiveLimits } from '../../job/limits.ts';
import guestUrl from '../fixtures/guests/guest.wasm?url';
import { Guards } from './guards.ts';
import { guardCalls } from './guard-calls.ts';

const limits = effectiveLimits({});
let guest: Bytes;
let guards: Guards;

beforeAll(async () => {
  guest = new Uint8Array(await (await fetch(guestUrl)).arrayBuffer());
});
afterEach(() => guards[Symbol.dispose]());

/** A worker of this source, where the guards' own is expected. */
const workerOf = (source: string) => () => new Worker(`data:text/javascript,${encodeURIComponent(source)}`);
/** Answers the first call like the guards' worker, and hangs at the second. */
const HANGS_LATER = `let calls = 0; onmessage = ({ data }) => { if (calls++ === 0) postMessage({ id: data.id, type: 'RAW', value: true }); else for (;;); }`;

describe('the guards in their own worker', () => {
  test('say what they say on the page, and leave the caller its bytes', async () => {
    guards = new Guards();
    const own = guest.byteLength;
    const [wasm, wgsl] = await Promise.all([
      guards.wasm(guest, limits),
      guards.wgsl(utf8('@compute @workgroup_size(1) fn main() {}'), limits),
    ]);
    expect({ value: wasm }).toEqual(guardCalls.wasm(guest, limits));
    expect(wgsl.code).toContain('fn main()');
    expect(guest.byteLength).toBe(own);
  });

  test('refuse with the code, data and hint that they throw', async () => {
    guards = new Guards();
    const given = { ...limits, moduleBytes: 10 };
    await expect(guards.wasm(guest, given)).rejects.toMatchObject({
      name: 'KilnError',
      code: 'sandbox/module-too-large',
      data: { limitBytes: 10 },
      hint: expect.stringMatching(/./) as string,
    });
    await expect(guards.wgsl(utf8('enable f16;'), limits)).rejects.toMatchObject({
      code: 'sandbox/shader-feature-refused',
    });
    // A refusal costs nobody else the worker.
    expect((await guards.wasm(guest, limits)).module.byteLength).toBeGreaterThan(8);
  });

  test('are stopped when a program keeps them too long, and start again for the next', async () => {
    let started = 0;
    const start = workerOf(HANGS_LATER);
    guards = new Guards(() => (started++, start()), 200);
    for (let attempt = 1; attempt <= 2; attempt++) {
      await expect(guards.wasm(guest, limits)).rejects.toMatchObject({ code: 'sandbox/guard-too-slow' });
      expect(started).toBe(attempt);
    }
  });

  test('that cannot start are a fault of the page, not of the program', async () => {
    guards = new Guards(workerOf('throw new Error("broken")'));
    await expect(guards.wasm(guest, limits)).rejects.toMatchObject({ code: 'sandbox/not-started' });
  });

  test('reject what runs and what waits when they are closed', async () => {
    guards = new Guards(workerOf(HANGS_LATER));
    const asked = [guards.wasm(guest, limits), guards.wasm(guest, limits)];
    const ends = Promise.allSettled(asked);
    await new Promise((resolve) => setTimeout(resolve, 200));
    guards[Symbol.dispose]();
    for (const end of await ends) expect(end).toMatchObject({ reason: { code: 'sandbox/closed' } });
    await expect(guards.wasm(guest, limits)).rejects.toMatchObject({ code: 'sandbox/closed' });
  });
});
