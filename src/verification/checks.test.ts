import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import type { KilnError } from '../base/errors.ts';
import { seededRandom } from '../base/random.ts';
import { commitment, type Result, resultDigest, resultOf } from '../protocol/task.ts';
import { isAudited } from './policy/audit.ts';
import { checkInlineOutputs, checkReveal } from './check-reveal.ts';
import { groupCredibilities, workerCredibility } from './policy/credibility.ts';
import { placementRefusal } from './task/placement.ts';
import { newTaskCheck, next } from './task/task-check.ts';
import { isVote, neededResults, resultLimit } from './policy/vote.ts';

const job = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
const bytes = utf8('42');

async function reveal() {
  const result: Result = await resultOf({
    exit: { kind: 'ok' },
    outputs: [{ path: 'out', bytes }],
    wallMs: 1,
  });
  const nonce = new Uint8Array(16).fill(7);
  const committed = await commitment(job, 3, 'me', nonce, await resultDigest(result));
  return { job, task: 3, provider: 'me', nonce, result, commitment: committed };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error as KilnError).code,
  );
}

describe('reveals', () => {
  test('the digest comes back when the commitment holds', async () => {
    const made = await reveal();
    expect(await checkReveal(made)).toEqual(await resultDigest(made.result));
  });
  test.each([
    ['task', { task: 4 }],
    ['provider (a copied commitment)', { provider: 'thief' }],
    ['nonce', { nonce: new Uint8Array(16) }],
    ['exit', { result: { exit: { kind: 'ok' }, outputs: [] } satisfies Result }],
  ])('another %s breaks it', async (_, change) => {
    expect(await codeOf(checkReveal({ ...(await reveal()), ...change }))).toBe(
      'verification/commitment-broken',
    );
  });
  test('bytes sent along must be the ones named; what is missing is listed', async () => {
    const { result } = await reveal();
    expect(await checkInlineOutputs(result, { out: bytes })).toEqual([]);
    expect(await checkInlineOutputs(result, {})).toEqual(result.outputs);
    expect(await codeOf(checkInlineOutputs(result, { out: utf8('43') }))).toBe('verification/wrong-output');
    expect(await codeOf(checkInlineOutputs(result, { more: bytes }))).toBe('verification/wrong-output');
  });
});

describe('placement', () => {
  const holder = { peer: 'p', payee: '0xAB' } as const;
  const check = next(newTaskCheck({ kind: 'trust', auditRate: 0 }, 'exact'), {
    type: 'leased',
    id: 'a',
    holder,
    need: 1,
  });

  test('never twice to a peer or a payee, whatever the case of its hex', () => {
    expect(placementRefusal(check, holder)).toBe('same-peer');
    expect(placementRefusal(check, { peer: 'q', payee: '0xab' })).toBe('same-payee');
    expect(placementRefusal(check, { peer: 'q', payee: '0xcd' })).toBeUndefined();
  });
  test('a lost lease may be tried again, a failed run only if nobody else is there', () => {
    expect(placementRefusal(next(check, { type: 'lost', id: 'a', reason: 'late' }), holder)).toBeUndefined();
    const failed = next(check, { type: 'inconclusive', id: 'a', reason: 'timeout' });
    expect(placementRefusal(failed, holder)).toBe('has-failed');
  });
});

describe('policies in numbers', () => {
  const adaptive = { kind: 'adaptive', auditRate: 0 } as const;

  test('adaptive replicates newcomers always, then the less the more checks they passed, down to the check rate', () => {
    expect(neededResults(adaptive, 11, 0.999)).toBe(2);
    // 80 · 0.03, for the share that is assumed to cheat; one where fewer do.
    expect(neededResults(adaptive, 12, 2.39 / 12)).toBe(2);
    expect(neededResults(adaptive, 12, 2.41 / 12)).toBe(1);
    expect(neededResults(adaptive, 12, 0.99 / 12, 0.01)).toBe(2);
    expect(neededResults(adaptive, 12, 1.01 / 12, 0.01)).toBe(1);
    // With nobody caught yet, 3 % are assumed to cheat: 0.05 + 1.5 · 0.03.
    expect(neededResults(adaptive, 100_000, 0.0949)).toBe(2);
    expect(neededResults(adaptive, 100_000, 0.0951)).toBe(1);
    expect(neededResults(adaptive, 100_000, 0.0651, 0.01)).toBe(1);
  });
  test('a limit below the quorum is raised to it', () => {
    expect(resultLimit({ kind: 'quorum', need: 3, limit: 1, auditRate: 0 })).toBe(3);
  });
  test('only results vote', () => {
    expect(isVote({ exit: { kind: 'exit-code', code: 3 } })).toBe(true);
    expect(isVote({ exit: { kind: 'timeout', message: '' } })).toBe(false);
    expect(isVote({ exit: { kind: 'timeout', message: '' }, witness: new Uint8Array(32) })).toBe(false);
    for (const kind of ['trap', 'fuel'] as const) {
      expect(isVote({ exit: { kind, message: '' } })).toBe(false);
      expect(isVote({ exit: { kind, message: '' }, witness: new Uint8Array(32) })).toBe(true);
    }
  });
  test('audits hit about their share; 0 never, 1 always', () => {
    const random = seededRandom(1);
    const hits = Array.from({ length: 10_000 }, () => isAudited({ ...adaptive, auditRate: 0.1 }, random()));
    expect(Math.abs(hits.filter(Boolean).length - 1_000)).toBeLessThan(100);
    expect(isAudited(adaptive, 0)).toBe(false);
    expect(isAudited({ ...adaptive, auditRate: 1 }, 0.999999)).toBe(true);
  });
});

describe('credibility, by hand', () => {
  test('of a worker', () => {
    expect(workerCredibility(0, 0.2, false)).toBeCloseTo(0.8, 12);
    expect(workerCredibility(4, 0.2, false)).toBeCloseTo(0.95, 12);
    // 1 − 0.2/0.8 · 1/(10·e) = 1 − 0.25 · 0.0367879441 = 0.99080301397
    expect(workerCredibility(10, 0.2, true)).toBeCloseTo(0.99080301397, 10);
  });
  test('of one group of two with 0.8 each: 0.64 / (0.64 + 0.04) = 0.941176…', () => {
    expect(groupCredibilities([[0.8, 0.8]])[0]).toBeCloseTo(16 / 17, 12);
  });
  test('of two against one, 0.8 each: bad 0.04 and 0.2, so 0.128 and 0.032 of 0.168', () => {
    const [two, one] = groupCredibilities([[0.8, 0.8], [0.8]]);
    expect(two).toBeCloseTo(0.128 / 0.168, 12);
    expect(one).toBeCloseTo(0.032 / 0.168, 12);
  });
  test('two certain workers that disagree make neither credible', () => {
    expect(groupCredibilities([[1], [1]])).toEqual([0, 0]);
  });
});
