import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { type Bytes, toHex, utf8 } from '../../base/bytes.ts';
import { WASI_JOB } from '../../job/manifest.fixture.ts';
import { seal } from '../../protocol/envelope.ts';
import { identityOf, SOME_CID } from '../../protocol/messages.fixture.ts';
import type { Comparator, Policy } from '../../protocol/policy.ts';
import { commitment, type Result, resultDigest, resultOf } from '../../protocol/task.ts';
import { JobTrust } from '../../verification/job/job-trust.ts';
import { recheckTask } from '../../verification/task/recheck-task.ts';
import { ResultDesk } from './result-desk.ts';
import { Statements } from './statements.ts';
import type { Lessee } from './placement/task-placement.ts';
import { TaskDesk } from './task-desk.ts';
import type { TaskTraceEvent } from './task-events.ts';
import type { Judged, Settled } from './task-steps.ts';
import { TaskTeller } from './task-teller.ts';

const NONCE = new Uint8Array(16).fill(3);
const QUORUM: Policy = { kind: 'quorum', need: 2, limit: 4, auditRate: 0 };
const TRUST: Policy = { kind: 'trust', auditRate: 0 };
const OUTPUT = 'stdout';

let clock: ManualClock;
let trust: JobTrust;
let settled: Settled[];
let rung: Judged[];
let caught: { lease: string; task: number; reason: string }[];
let asked: string[];
let dropped: string[];
let events: TaskTraceEvent[];
let verdicts: Record<string, 'right' | 'wrong' | 'inconclusive'>;

beforeEach(() => {
  clock = new ManualClock();
  [settled, rung, caught, asked, dropped, events] = [[], [], [], [], [], []];
  verdicts = {};
});
afterEach(() => clock[Symbol.dispose]());

/** A desk of four tasks, of which nothing leaves. */
function openDesk(policy: Policy, comparator: Comparator = { class: 'exact' }): TaskDesk {
  const manifest = {
    ...WASI_JOB,
    program: { ...WASI_JOB.program, outputs: [OUTPUT] } as typeof WASI_JOB.program,
    policy,
    comparator,
  };
  trust = new JobTrust(policy);
  const observer = { onTask: (event: TaskTraceEvent) => void events.push(event), onCaught: () => {} };
  return new TaskDesk({
    manifest,
    tasks: 4,
    results: new ResultDesk(SOME_CID, clock, {
      askBytes: () => {},
      fetchOutput: () => Promise.reject(new Error('nobody has it')),
    }),
    statements: new Statements(),
    trust,
    teller: new TaskTeller(clock, [observer]),
    random: () => 0.5,
    actions: {
      askReveal: (lease) => void asked.push(lease),
      dropReplica: (lease) => void dropped.push(lease),
      isOnlyProvider: () => false,
      lonely: () => false,
      committed: () => {},
      caught: (lease, task, reason) => void caught.push({ lease, task, reason }),
      recompute: () => Promise.reject(new Error('not here')),
      verify: async (_, outputs) => ({
        outcome: verdicts[new TextDecoder().decode(outputs[0]!.bytes)] ?? 'inconclusive',
        seed: '00',
        wallMs: 1,
      }),
      credibilityOf: trust.credibilityOf,
      settle: async (one) => void settled.push(one),
      settleRinger: async (one) => void rung.push(one),
      fail: () => {},
    },
  });
}

function lessee(number: number, numericClass?: string): Lessee {
  const { peer } = identityOf(number);
  const payee = `0x${number.toString(16).padStart(40, '0')}` as const;
  return {
    lease: `lease${number}`,
    holder: { peer, payee, ...(numericClass === undefined ? {} : { numericClass }) },
    agreement: 'an agreement',
  };
}

async function resultWith(text: string): Promise<{ result: Result; inline: Record<string, Bytes> }> {
  const bytes = utf8(text);
  const outcome = { exit: { kind: 'ok' as const }, wallMs: 1, outputs: [{ path: OUTPUT, bytes }] };
  return { result: await resultOf(outcome), inline: { [OUTPUT]: bytes } };
}

/** A provider leases nothing more: it commits to this result of a task, and reveals what it says. */
async function commitTo(desk: TaskDesk, number: number, task: number, result: Result): Promise<boolean> {
  const { peer } = identityOf(number);
  const { lease } = lessee(number);
  const said = await commitment(SOME_CID, task, peer, NONCE, await resultDigest(result));
  const commit = seal(identityOf(number), 'kiln/commit/1', { lease });
  return desk.commit({ lease, task }, { commitment: said, commit, agreement: 'an agreement', wallMs: 1 });
}

async function deliver(
  desk: TaskDesk,
  number: number,
  task: number,
  text: string,
  more: Partial<Result> = {},
) {
  const { result, inline } = await resultWith(text);
  await commitTo(desk, number, task, result);
  await clock.settle();
  const { lease, holder } = lessee(number);
  const revealed = { task, nonce: NONCE, result: { ...result, ...more }, inline };
  await (
    await desk.reveal(lease, holder, revealed)
  ).advanced;
  await clock.settle();
}

describe('a commitment', () => {
  test('that is broken costs its provider the seat at once, whatever becomes of the task', async () => {
    const desk = openDesk(QUORUM);
    desk.placement.addReplica(0, lessee(2), 'work');
    desk.placement.addReplica(0, lessee(3), 'work');
    await commitTo(desk, 3, 0, (await resultWith('other')).result);
    await commitTo(desk, 2, 0, (await resultWith('promised')).result);
    await clock.settle();
    const { result, inline } = await resultWith('something else');
    await desk.reveal('lease2', lessee(2).holder, { task: 0, nonce: NONCE, result, inline });
    expect(caught).toEqual([
      { lease: 'lease2', task: 0, reason: expect.stringMatching(/committed to/) as string },
    ]);
    await desk.reveal('lease2', lessee(2).holder, { task: 0, nonce: NONCE, result, inline });
    expect(caught).toHaveLength(1);
    expect(settled).toEqual([]);
  });
});

describe('one numeric class', () => {
  const same: Policy = { ...TRUST, sameNumericClass: true };
  const [mine, other] = ['a'.repeat(64), 'b'.repeat(64)];

  test('is what the provider claimed, or its result compares with nothing and is named', async () => {
    const desk = openDesk(same);
    desk.placement.addReplica(0, lessee(2, mine), 'work');
    await deliver(desk, 2, 0, 'result', { numericClass: other });
    expect(settled).toEqual([]);
    expect(desk.check(0)?.replicas[0]).toMatchObject({
      phase: 'inconclusive',
      reason: expect.stringContaining('numeric class') as string,
    });
    expect(caught).toEqual([]);
  });
  test('lets in who says what it claimed, and keeps others from the task', async () => {
    const desk = openDesk(same);
    desk.placement.addReplica(0, lessee(2, mine), 'work');
    expect(desk.placement.mayHold(0, lessee(3, other).holder)).toBe(false);
    expect(desk.placement.mayHold(0, lessee(3).holder)).toBe(false);
    await deliver(desk, 2, 0, 'result', { numericClass: mine });
    expect(settled).toHaveLength(1);
    expect(events.find(({ type }) => type === 'revealed')).toMatchObject({ numericClass: mine });
  });
});

describe('a verifier', () => {
  const comparator: Comparator = { class: 'verifier', module: { cid: SOME_CID, bytes: 1 } };

  test('accepts the only right result, and rejects a wrong one by its word', async () => {
    verdicts = { good: 'right', bad: 'wrong' };
    const desk = openDesk(QUORUM, comparator);
    desk.placement.addReplica(0, lessee(2), 'work');
    await deliver(desk, 2, 0, 'bad');
    expect(settled).toEqual([]);
    desk.placement.addReplica(0, lessee(3), 'work');
    await deliver(desk, 3, 0, 'good');
    expect(settled[0]?.verdict).toMatchObject({ accepted: ['lease3'], rejected: [{ id: 'lease2' }] });
    const judged = events.filter(({ type }) => type === 'judged');
    expect(judged).toMatchObject([
      { lease: 'lease2', outcome: 'wrong', seed: '00' },
      { lease: 'lease3', outcome: 'right' },
    ]);
  });
  test('that cannot tell takes no side', async () => {
    const desk = openDesk(QUORUM, comparator);
    desk.placement.addReplica(0, lessee(2), 'work');
    await deliver(desk, 2, 0, 'strange');
    expect(settled).toEqual([]);
    expect(desk.check(0)?.replicas[0]?.phase).toBe('inconclusive');
  });
});

describe('a ringer', () => {
  test('accepts who knows the answer and rejects who does not, and settles nothing', async () => {
    const desk = openDesk(TRUST);
    const { result } = await resultWith('known');
    const digest = toHex(await resultDigest(result));
    desk.ring(1, digest, lessee(2));
    expect(desk.placement.mayHold(1, lessee(3).holder)).toBe(false);
    await deliver(desk, 2, 1, 'known');
    desk.ring(1, digest, lessee(3));
    await deliver(desk, 3, 1, 'guessed');
    expect(rung.map(({ verdict }) => [verdict.accepted, verdict.rejected.map(({ id }) => id)])).toEqual([
      [['lease2'], []],
      [[], ['lease3']],
    ]);
    expect(settled).toEqual([]);
    expect(desk.isIdle).toBe(true);
    expect(events.filter(({ type }) => type === 'leased')).toMatchObject([
      { cause: 'ringer' },
      { cause: 'ringer' },
    ]);
  });
  test('is let go when its answer turns out not to be known', async () => {
    const desk = openDesk(TRUST);
    desk.ring(1, '00'.repeat(32), lessee(2));
    desk.reopen(1);
    expect(dropped).toEqual(['lease2']);
    expect(desk.check(1)).toBeUndefined();
  });
});

describe('a re-check', () => {
  test('wants one more who agrees, and replaces the result when two others do not', async () => {
    const desk = openDesk({ kind: 'adaptive', auditRate: 0, threshold: 0.9 });
    const standing = await resultWith('standing');
    const digest = toHex(await resultDigest(standing.result));
    const votes = [{ id: 'old', ...lessee(9).holder, digest }];
    desk.recheck(
      2,
      recheckTask({ kind: 'adaptive', auditRate: 0, threshold: 0.9 }, 'exact', votes),
      standing,
      false,
    );
    await clock.settle();
    expect(desk.queue.wanted(2)).toBe(1);
    for (const number of [2, 3, 4]) {
      desk.placement.addReplica(2, lessee(number), 'check');
      await deliver(desk, number, 2, 'truth');
    }
    expect(settled[0]?.verdict.rejected.map(({ id }) => id)).toEqual(['old']);
    expect(settled[0]?.digest).toBe(toHex(await resultDigest((await resultWith('truth')).result)));
  });
  test('that comes to nothing leaves the result as it was', async () => {
    const desk = openDesk(QUORUM);
    const standing = await resultWith('standing');
    const digest = toHex(await resultDigest(standing.result));
    desk.recheck(
      2,
      recheckTask(QUORUM, 'exact', [{ id: 'old', ...lessee(9).holder, digest }]),
      standing,
      false,
    );
    desk.placement.addReplica(2, lessee(2), 'check');
    desk.keep(2);
    expect(dropped).toEqual(['lease2']);
    expect(desk.queue.isDone(2)).toBe(true);
    expect(desk.isIdle).toBe(true);
  });
});

describe('a commitment that is not opened', () => {
  const ADAPTIVE: Policy = { kind: 'adaptive', auditRate: 0, sameNumericClass: true };
  const mine = 'a'.repeat(64);
  async function trusted(isCommitted: boolean): Promise<TaskDesk> {
    const desk = openDesk(ADAPTIVE);
    trust.pass(identityOf(1).peer, 50);
    trust.pass(identityOf(2).peer, 50);
    desk.placement.lease(lessee(1, mine), 1, 1);
    if (isCommitted) await commitTo(desk, 1, 0, (await resultWith('a lie')).result);
    return desk;
  }

  test('costs the trust of its provider, who could tell that it was checked and kept a lie back', async () => {
    const desk = await trusted(true);
    desk.note(0, { type: 'lost', id: lessee(1).lease, reason: 'late' });
    expect(trust.passed(identityOf(1).peer)).toBe(0);
    expect(trust.passed(identityOf(2).peer)).toBe(50);
  });
  test('nor may it be made void, by a numeric class that nothing was said of before', async () => {
    const desk = await trusted(true);
    const { result, inline } = await resultWith('a lie');
    const revealed = { task: 0, nonce: NONCE, result: { ...result, numericClass: 'b'.repeat(64) }, inline };
    const { isVoid } = await desk.reveal(lessee(1).lease, lessee(1).holder, revealed);
    expect(isVoid).toBe(true);
    expect(trust.passed(identityOf(1).peer)).toBe(0);
  });
  test('is another thing than a task that was never finished', async () => {
    const desk = await trusted(false);
    desk.note(0, { type: 'lost', id: lessee(1).lease, reason: 'late' });
    expect(trust.passed(identityOf(1).peer)).toBe(50);
  });
});
