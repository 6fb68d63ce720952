import { describe, expect, test } from 'vitest';
import type { Policy } from '../../protocol/policy.ts';
import { JobTrust } from '../job/job-trust.ts';
import { decide } from './decide.ts';
import { placementRefusal } from './placement.ts';
import { recheckTask } from './recheck-task.ts';
import { drawRinger, ringerTask } from './ringer-task.ts';
import { newTaskCheck, next, OWN_RESULT, type TaskCheck, type TaskEvent } from './task-check.ts';

const adaptive: Policy = { kind: 'adaptive', auditRate: 0 };
const standing = { id: 'old', peer: 'alice', payee: '0xa', digest: 'd' } as const;
const apply = (check: TaskCheck, ...events: TaskEvent[]) => events.reduce(next, check);

/** A provider that takes the task and hands this in. */
function handsIn(id: string, digest: string, need = 1): TaskEvent[] {
  return [
    { type: 'leased', id, holder: { peer: id, payee: `0x${id}` }, need },
    { type: 'committed', id },
    { type: 'reveal-asked', ids: [id] },
    { type: 'revealed', id, digest },
  ];
}

describe('a re-check', () => {
  const check = recheckTask(adaptive, 'exact', [standing]);

  test('wants one more result, even of a proven provider, and never of the same one', () => {
    expect(decide(check)).toEqual({ kind: 'lease', count: 1 });
    expect(placementRefusal(check, { peer: 'alice', payee: '0xb' })).toBe('same-peer');
    expect(placementRefusal(check, { peer: 'bob', payee: '0xA' })).toBe('same-payee');
  });
  test('confirms the standing result', () => {
    expect(decide(apply(check, ...handsIn('bob', 'd')))).toMatchObject({
      kind: 'verdict',
      canonical: 'old',
      accepted: ['old', 'bob'],
      rejected: [],
    });
  });
  test('asks referees when they differ; the standing result may lose', () => {
    const trust = new JobTrust(adaptive);
    trust.pass('alice', 500);
    let disputed = apply(check, ...handsIn('bob', 'other'));
    expect(decide(disputed, trust.credibilityOf).kind).toBe('lease');
    disputed = apply(disputed, ...handsIn('carol', 'other'));
    expect(decide(disputed, trust.credibilityOf).kind).toBe('lease');
    disputed = apply(disputed, ...handsIn('dave', 'other'));
    expect(decide(disputed, trust.credibilityOf)).toMatchObject({
      accepted: ['bob', 'carol', 'dave'],
      rejected: [{ id: 'old' }],
    });
  });
  test('is settled by this device alone', () => {
    const audited = apply(check, { type: 'audit-started' }, { type: 'audited', digest: 'truth' });
    expect(decide(audited)).toMatchObject({ canonical: OWN_RESULT, accepted: [], rejected: [{ id: 'old' }] });
  });
  test('of a quorum wants what the policy does', () => {
    const quorum: Policy = { kind: 'quorum', need: 3, limit: 5, auditRate: 0 };
    expect(decide(recheckTask(quorum, 'exact', [standing]))).toEqual({ kind: 'lease', count: 2 });
  });
});

describe('a ringer', () => {
  const policy: Policy = { ...adaptive, ringerRate: 0.1 };
  const numbers =
    (...values: number[]) =>
    () =>
      values.shift()!;

  test('is drawn at the policy’s rate, never a task that the provider had', () => {
    expect(drawRinger(policy, [7, 8], numbers(0.1), () => true)).toBeUndefined();
    expect(drawRinger(policy, [7, 8], numbers(0.09, 0, 0.9), (task) => task !== 7)).toBe(8);
    expect(
      drawRinger(
        policy,
        [7, 8],
        () => 0,
        () => false,
      ),
    ).toBeUndefined();
    expect(
      drawRinger(
        adaptive,
        [7, 8],
        () => 0,
        () => true,
      ),
    ).toBeUndefined();
  });
  test('waits for its provider, then judges it by the known answer', () => {
    const ringer = ringerTask(policy, 'exact', 'truth');
    const taken = apply(ringer, handsIn('bob', '')[0]!);
    expect(decide(taken)).toEqual({ kind: 'lease', count: 0 });
    expect(decide(apply(taken, { type: 'committed', id: 'bob' }))).toMatchObject({
      kind: 'reveal',
      ids: ['bob'],
    });
    expect(decide(apply(ringer, ...handsIn('bob', 'truth')))).toMatchObject({
      accepted: ['bob'],
      rejected: [],
    });
    expect(decide(apply(ringer, ...handsIn('bob', 'lie')))).toMatchObject({
      accepted: [],
      rejected: [{ id: 'bob' }],
    });
    const lost = apply(taken, { type: 'lost', id: 'bob', reason: 'late' });
    expect(decide(lost)).toMatchObject({ kind: 'verdict', accepted: [], rejected: [] });
  });
});

describe('a verifier', () => {
  const judged = (id: string, outcome: 'right' | 'wrong' | 'inconclusive'): TaskEvent => ({
    type: 'judged',
    id,
    outcome,
  });
  const check = newTaskCheck(adaptive, 'verifier');
  const revealed = apply(check, ...handsIn('a', '1', 2));

  test('judges each result; one right one settles the task, a newcomer’s too', () => {
    expect(decide(check)).toEqual({ kind: 'lease', count: 1 });
    expect(decide(revealed)).toEqual({ kind: 'judge', ids: ['a'] });
    expect(decide(apply(revealed, judged('a', 'right')))).toMatchObject({ kind: 'verdict', accepted: ['a'] });
  });
  test('a wrong one is rejected and replaced; different right ones are equally good', () => {
    const wrong = apply(revealed, judged('a', 'wrong'));
    expect(decide(wrong)).toEqual({ kind: 'lease', count: 1 });
    const settled = apply(
      wrong,
      ...handsIn('b', '2'),
      judged('b', 'right'),
      ...handsIn('c', '3'),
      judged('c', 'right'),
    );
    expect(decide(settled)).toMatchObject({ accepted: ['b', 'c'], rejected: [{ id: 'a' }] });
  });
  test('what it cannot tell never votes, and a judgement is not changed', () => {
    const unclear = apply(revealed, judged('a', 'inconclusive'));
    expect(decide(unclear)).toEqual({ kind: 'lease', count: 1 });
    expect(apply(unclear, judged('a', 'right'))).toBe(unclear);
  });
});

describe('placement', () => {
  const holder = (peer: string, more: object = {}) => ({ peer, payee: `0x${peer}` as const, ...more });
  const lease = (check: TaskCheck, who: ReturnType<typeof holder>) =>
    next(check, { type: 'leased', id: who.peer, holder: who, need: 2 });

  test('keeps a network to one replica where both prefixes are known', () => {
    const check = lease(newTaskCheck(adaptive, 'exact'), holder('a', { networkPrefix: '192.0.2' }));
    expect(placementRefusal(check, holder('b', { networkPrefix: '192.0.2' }))).toBe('same-network');
    expect(placementRefusal(check, holder('b', { networkPrefix: '198.51.100' }))).toBeUndefined();
    expect(placementRefusal(check, holder('b'))).toBeUndefined();
    const failed = next(check, { type: 'inconclusive', id: 'a', reason: 'timeout' });
    expect(placementRefusal(failed, holder('b', { networkPrefix: '192.0.2' }))).toBeUndefined();
  });
  test('keeps a task to the numeric class of its first replica', () => {
    const policy: Policy = { ...adaptive, sameNumericClass: true };
    const fresh = newTaskCheck(policy, 'exact');
    expect(placementRefusal(fresh, holder('a'))).toBe('other-numeric-class');
    const check = lease(fresh, holder('a', { numericClass: '1' }));
    expect(placementRefusal(check, holder('b', { numericClass: '2' }))).toBe('other-numeric-class');
    expect(placementRefusal(check, holder('b', { numericClass: '1' }))).toBeUndefined();
    const lost = next(check, { type: 'lost', id: 'a', reason: 'late' });
    expect(placementRefusal(lost, holder('b', { numericClass: '2' }))).toBeUndefined();
  });
});
