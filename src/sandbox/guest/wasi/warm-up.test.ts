import { describe, expect, test } from 'vitest';
import { WarmUp } from './warm-up.ts';

/** A program on an engine that optimises a hot function some time after it became hot. */
interface Program {
  /** Units per millisecond in baseline code and in optimised code. */
  readonly baseline: number;
  readonly optimised: number;
  /** How long the optimiser takes, from the end of the first round of at least 4 ms in a function. */
  readonly compileMs: number;
  /** Fuel after which another function begins, which is optimised after it ran 4 ms and the same time passed. */
  readonly secondPhaseAt?: number;
}

/** Plays the rounds of a long task; what each attempt got, and the time that went before the real one. */
function play(program: Program) {
  const warmUp = new WarmUp();
  const rounds: number[] = [];
  let nowMs = 0;
  const hotSinceMs: [number, number] = [Infinity, Infinity];
  for (;;) {
    const { fuel, waitMs } = warmUp.next();
    nowMs += waitMs;
    const rate = (phase: 0 | 1) =>
      nowMs >= hotSinceMs[phase] + program.compileMs ? program.optimised : program.baseline;
    if (fuel === undefined) return { rounds, lostMs: nowMs, rates: [rate(0), rate(1)] };
    const first = Math.min(fuel, program.secondPhaseAt ?? Infinity);
    const took = [first / rate(0), (fuel - first) / rate(1)] as const;
    nowMs += took[0] + took[1];
    for (const phase of [0, 1] as const)
      if (took[phase] >= 4) hotSinceMs[phase] = Math.min(hotSinceMs[phase], nowMs);
    rounds.push(fuel);
    warmUp.dropped(took[0] + took[1]);
  }
}

describe('WarmUp', () => {
  test('begins with a little fuel and asks for all of it once the code is optimised', () => {
    const { rounds, rates } = play({ baseline: 5e5, optimised: 3e6, compileMs: 10 });
    expect(rounds[0]).toBe(1_000_000);
    expect(rates[0]).toBe(3e6);
  });

  test.each([
    { baseline: 5e5, optimised: 3e6, compileMs: 10 },
    { baseline: 1e5, optimised: 1e6, compileMs: 50 },
    { baseline: 4e6, optimised: 4e6, compileMs: 10 },
    { baseline: 1e6, optimised: 1e6, compileMs: 1e9 },
    { baseline: 5e5, optimised: 3e6, compileMs: 12, secondPhaseAt: 3e7 },
    { baseline: 5e5, optimised: 3e6, compileMs: 12, secondPhaseAt: 6e6 },
  ])('loses at most 100 ms, which is 5 %% of two seconds: %o', (program) => {
    expect(play(program).lostMs).toBeLessThanOrEqual(100);
  });

  test('gives a second phase its time when it is near enough to be reached', () => {
    const { rates } = play({ baseline: 5e5, optimised: 3e6, compileMs: 12, secondPhaseAt: 3e7 });
    expect(rates).toEqual([3e6, 3e6]);
  });

  test('keeps what it learnt from task to task, and does not wait where time has passed anyway', () => {
    const warmUp = new WarmUp();
    warmUp.next();
    warmUp.dropped(1);
    expect(warmUp.next()).toMatchObject({ fuel: 8_000_000, waitMs: 0 });
    warmUp.dropped(8);
    warmUp.ended();
    // 20 ms further at the million units per millisecond that it saw.
    expect(warmUp.next()).toMatchObject({ fuel: 28_000_000, waitMs: 0 });
  });

  test('goes on at once while code is fast, and waits for the optimiser after a round that met slow code', () => {
    const warmUp = new WarmUp();
    const waits = [1, 8, 5, 30].map((tookMs) => {
      warmUp.next();
      warmUp.dropped(tookMs);
      return warmUp.next().waitMs;
    });
    expect(waits).toEqual([0, 15, 0, 15]);
  });

  test('stops trying when a round met its time limit', () => {
    const warmUp = new WarmUp();
    warmUp.next();
    warmUp.giveUp();
    expect(warmUp.next()).toMatchObject({ fuel: undefined, waitMs: 0 });
  });
});
