import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KilnError } from '../base/errors.ts';
import { effectiveLimits } from '../job/limits.ts';
import type { TaskOutcome } from '../protocol/task.ts';
import { type DeviceLoss, GpuLane, type LaneSlots } from './gpu-lane.ts';
import { Guards } from './guards.ts';
import { faultExit } from './messages.ts';
import type { SlotRun } from './slot.ts';

const LOST: TaskOutcome = { exit: faultExit('device-lost', 'gone'), outputs: [], wallMs: 1 };
const OK: TaskOutcome = { exit: { kind: 'ok' }, outputs: [], wallMs: 1 };
const SLOW: TaskOutcome = { exit: faultExit('timeout', 'slow'), outputs: [], wallMs: 1 };

/** Slots that run each task at once, or when they are no longer paused, and end it as told. */
class InstantSlots implements LaneSlots {
  size = 1;
  outcome = OK;
  isPaused = false;
  readonly shares: (number | undefined)[] = [];
  #waiting: { go: () => void; refuse: (error: KilnError) => void }[] = [];

  resize(size: number): void {
    this.size = size;
  }
  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    if (!isPaused) for (const { go } of this.#waiting.splice(0)) go();
  }
  async run({ gpuDuty, onEnd }: SlotRun): Promise<TaskOutcome> {
    if (this.isPaused) await new Promise<void>((go, refuse) => this.#waiting.push({ go, refuse }));
    this.shares.push(gpuDuty?.value);
    onEnd?.(this.outcome);
    return this.outcome;
  }
  rejectWaiting(error: KilnError): void {
    for (const { refuse } of this.#waiting.splice(0)) refuse(error);
  }
  expect(): void {}
  forget(): void {}
}

const limits = effectiveLimits({});
const RUN: SlotRun = {
  load: {
    kind: 'wgsl',
    limits,
    shaders: {},
    contents: {},
    program: { kind: 'wgsl', shaders: {}, buffers: {}, uniforms: [], passes: [], outputs: {} },
  },
  task: { parameters: {}, seed: new Uint8Array(0), args: [], env: [], contents: {} },
  signal: new AbortController().signal,
};

let slots: InstantSlots;
let lane: GpuLane;
let losses: DeviceLoss[];

beforeEach(() => {
  vi.useFakeTimers();
  slots = new InstantSlots();
  losses = [];
  lane = new GpuLane(slots, new Guards(), (loss) => losses.push(loss));
});
afterEach(() => {
  lane[Symbol.dispose]();
  vi.useRealTimers();
});

/** Runs a task whose device is lost. */
async function lose(): Promise<TaskOutcome> {
  slots.outcome = LOST;
  const outcome = await lane.runUnnamed(RUN);
  slots.outcome = OK;
  return outcome;
}

describe('a lost device', () => {
  test('holds up the tasks after it for 2 s, then for 10 s', async () => {
    for (const waitMs of [2_000, 10_000]) {
      expect(await lose()).toBe(LOST);
      let next: TaskOutcome | undefined;
      void lane.runUnnamed(RUN).then((outcome) => (next = outcome));
      await vi.advanceTimersByTimeAsync(waitMs - 1);
      expect(next).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      expect(next).toBe(OK);
    }
    expect(losses).toEqual([
      { message: 'gone', resumesInMs: 2_000 },
      { message: 'gone', resumesInMs: 10_000 },
    ]);
  });

  test('for the third time in an hour ends GPU work, for waiting and for later tasks', async () => {
    for (let i = 0; i < 2; i++) {
      await lose();
      await vi.advanceTimersByTimeAsync(10_000);
    }
    slots.outcome = LOST;
    const lost = lane.runUnnamed(RUN);
    slots.pause(true);
    const waiting = lane.runUnnamed(RUN);
    expect(await lost).toBe(LOST);
    const ended = { kind: 'device-lost', message: 'The GPU was lost too often.' };
    expect((await waiting).exit).toEqual(ended);
    expect((await lane.runUnnamed(RUN)).exit).toEqual(ended);
    expect(losses.at(-1)).toEqual({ message: 'gone' });
    expect(slots.size).toBe(0);
    lane.resize(1);
    expect(slots.size).toBe(0);
  });

  test('three times in more than an hour only waits longer', async () => {
    for (let i = 0; i < 4; i++) {
      await lose();
      await vi.advanceTimersByTimeAsync(1_900_000);
    }
    expect(losses.map(({ resumesInMs }) => resumesInMs)).toEqual([2_000, 10_000, 30_000, 120_000]);
    expect(await lane.runUnnamed(RUN)).toBe(OK);
  });

  test('stays backed off from when a pause of the whole sandbox ends first', async () => {
    lane.pause(true);
    slots.pause(false);
    await lose();
    lane.pause(false);
    expect(slots.isPaused).toBe(true);
    lane.pause(true);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(slots.isPaused).toBe(true);
    lane.pause(false);
    expect(slots.isPaused).toBe(false);
  });
});

test('a fault of the program itself holds up nobody', async () => {
  slots.outcome = SLOW;
  expect(await lane.runUnnamed(RUN)).toBe(SLOW);
  expect(slots.isPaused).toBe(false);
  expect(losses).toEqual([]);
});

test('the share of time goes along with each task; nonsense is refused', async () => {
  await lane.runUnnamed(RUN);
  lane.setDuty(0.5);
  await lane.runUnnamed(RUN);
  expect(slots.shares).toEqual([0.9, 0.5]);
  for (const share of [0, -1, 1.1, Number.NaN]) {
    expect(() => lane.setDuty(share)).toThrow(expect.objectContaining({ code: 'sandbox/bad-duty' }));
  }
});

test('without slots there is no numeric class, and nobody waits for one', async () => {
  lane.resize(0);
  expect(await lane.numericClass(RUN.signal)).toBeUndefined();
});
