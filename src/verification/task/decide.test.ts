import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../protocol/policy.ts';
import { JobTrust } from '../job/job-trust.ts';
import { groupCredibilities } from '../policy/credibility.ts';
import { type Decision, decide } from './decide.ts';
import { newTaskCheck, next, OWN_RESULT, type TaskCheck, type TaskEvent } from './task-check.ts';

const quorum: Policy = { kind: 'quorum', need: 2, limit: 3, auditRate: 0 };
const adaptive: Policy = { kind: 'adaptive', auditRate: 0 };
const trust: Policy = { kind: 'trust', auditRate: 0 };

function leased(id: string, need: number): TaskEvent {
  return { type: 'leased', id, holder: { peer: `peer-${id}`, payee: `0x${id}` }, need };
}
const committed = (id: string): TaskEvent => ({ type: 'committed', id });
const revealed = (id: string, digest: string): TaskEvent => ({ type: 'revealed', id, digest });
const asked = (...ids: string[]): TaskEvent => ({ type: 'reveal-asked', ids });
const apply = (check: TaskCheck, ...events: TaskEvent[]) => events.reduce(next, check);
const start = (policy: Policy, isExact = true) => newTaskCheck(policy, isExact ? 'exact' : 'tolerance');

/** Leases, commits, asks and reveals in one go. */
function delivered(check: TaskCheck, digests: Record<string, string>, need = 2): TaskCheck {
  const ids = Object.keys(digests);
  const ready = apply(check, ...ids.map((id) => leased(id, need)), ...ids.map(committed), asked(...ids));
  return apply(ready, ...ids.map((id) => revealed(id, digests[id]!)));
}
function verdictOf(check: TaskCheck) {
  const decision = decide(check);
  if (decision.kind !== 'verdict') throw new Error(`no verdict but ${JSON.stringify(decision)}`);
  return decision;
}

describe('quorum', () => {
  test('asks for two, waits, asks both reveals only when both committed, accepts', () => {
    let check = start(quorum);
    expect(decide(check)).toEqual({ kind: 'lease', count: 2 });
    check = apply(check, leased('a', 2));
    expect(decide(check)).toEqual({ kind: 'lease', count: 1 });
    check = apply(check, leased('b', 2), committed('b'));
    expect(decide(check)).toEqual({ kind: 'lease', count: 0 });
    check = apply(check, committed('a'));
    expect(decide(check)).toEqual({ kind: 'reveal', ids: ['b', 'a'], surplus: [] });
    check = apply(check, asked('a', 'b'), revealed('a', 'd1'));
    expect(decide(check)).toEqual({ kind: 'lease', count: 0 });
    check = apply(check, revealed('b', 'd1'));
    expect(decide(check)).toEqual({
      kind: 'verdict',
      canonical: 'b',
      accepted: ['b', 'a'],
      rejected: [],
      inconclusive: [],
      notNeeded: [],
    });
  });
  test('a disagreement calls a referee, whose side wins', () => {
    let check = delivered(start(quorum), { a: 'right', b: 'wrong' });
    expect(decide(check)).toEqual({ kind: 'lease', count: 1 });
    check = delivered(check, { c: 'right' });
    const verdict = verdictOf(check);
    expect(verdict.accepted).toEqual(['a', 'c']);
    expect(verdict.rejected).toEqual([{ id: 'b', reason: 'other bytes than the accepted result' }]);
  });
  test('at the limit this device settles it, and the task fails only when it cannot either', () => {
    let check = delivered(start(quorum), { a: '1', b: '2' });
    check = delivered(check, { c: '3' });
    expect(decide(check)).toEqual({ kind: 'own-run', reason: 'no 2 of 3 results agree' });
    check = apply(check, { type: 'audit-started' });
    expect(decide(check)).toEqual({ kind: 'lease', count: 0 });
    expect(decide(apply(check, { type: 'audit-failed' }))).toEqual({
      kind: 'failed',
      reason: 'no 2 of 3 results agree',
      rejected: [],
    });
    check = apply(check, { type: 'audited', digest: '3' });
    const verdict = verdictOf(check);
    expect(verdict.accepted).toEqual(['c']);
    expect(verdict.rejected.map(({ id }) => id)).toEqual(['a', 'b']);
  });
  test('a lost replica is replaced and costs nothing of the limit', () => {
    let check = apply(start(quorum), leased('a', 2), leased('b', 2), {
      type: 'lost',
      id: 'a',
      reason: 'late',
    });
    expect(decide(check)).toEqual({ kind: 'lease', count: 1 });
    for (let i = 0; i < 9; i++)
      check = apply(check, leased(`x${i}`, 2), { type: 'lost', id: `x${i}`, reason: 'late' });
    expect(decide(check)).toEqual({ kind: 'lease', count: 1 });
  });
  test('a duplicate that commits first counts; the slow one becomes surplus and cannot vote any more', () => {
    let check = apply(
      start(quorum),
      leased('a', 2),
      leased('slow', 2),
      leased('copy', 2),
      committed('a'),
      committed('copy'),
    );
    expect(decide(check)).toEqual({ kind: 'reveal', ids: ['a', 'copy'], surplus: ['slow'] });
    check = apply(
      check,
      asked('a', 'copy'),
      committed('slow'),
      revealed('slow', 'x'),
      revealed('a', 'd'),
      revealed('copy', 'd'),
    );
    expect(verdictOf(check).accepted).toEqual(['a', 'copy']);
  });
  test('a third commit in time is kept for a dispute, or not needed', () => {
    const three = apply(
      start(quorum),
      ...['a', 'b', 'c'].map((id) => leased(id, 2)),
      ...['a', 'b', 'c'].map(committed),
    );
    expect(decide(three)).toEqual({ kind: 'reveal', ids: ['a', 'b'], surplus: [] });
    const opened = apply(three, asked('a', 'b'), revealed('a', 'd'));
    expect(verdictOf(apply(opened, revealed('b', 'd'))).notNeeded).toEqual(['c']);
    expect(decide(apply(opened, revealed('b', 'other')))).toEqual({
      kind: 'reveal',
      ids: ['c'],
      surplus: [],
    });
  });
  test('no result may be revealed unasked or uncommitted', () => {
    const check = apply(
      start(quorum),
      leased('a', 2),
      revealed('a', 'd'),
      leased('b', 2),
      committed('b'),
      revealed('b', 'd'),
    );
    expect(check.replicas.map(({ phase }) => phase)).toEqual(['leased', 'committed']);
  });
  test('a broken commitment is rejected and replaced', () => {
    let check = apply(
      start(quorum),
      leased('a', 2),
      leased('b', 2),
      committed('a'),
      committed('b'),
      asked('a', 'b'),
    );
    check = apply(check, revealed('a', 'd'), { type: 'broken', id: 'b', reason: 'not what was committed' });
    expect(decide(check)).toEqual({ kind: 'lease', count: 1 });
    check = delivered(check, { c: 'd' });
    expect(verdictOf(check).rejected).toEqual([{ id: 'b', reason: 'not what was committed' }]);
  });
  test('a revealed result whose bytes cannot be had loses its vote', () => {
    const check = delivered(start(quorum), { a: 'd', b: 'd' });
    const broken = apply(check, { type: 'broken', id: 'b', reason: 'no bytes' });
    expect(decide(broken)).toEqual({ kind: 'lease', count: 1 });
    expect(verdictOf(delivered(broken, { c: 'd' })).rejected).toEqual([{ id: 'b', reason: 'no bytes' }]);
  });
  test('runs without a result never vote, and a task that nobody can run is run here, then given up', () => {
    let check = start(quorum);
    for (let i = 0; i < 6; i++) {
      check = apply(check, leased(`r${i}`, 2), { type: 'inconclusive', id: `r${i}`, reason: 'timeout' });
      expect(decide(check).kind).toBe(i < 5 ? 'lease' : 'own-run');
    }
    const reason = 'no provider could run it: timeout';
    expect(decide(check)).toEqual({ kind: 'own-run', reason });
    check = apply(check, { type: 'audit-started' });
    expect(decide(check)).toEqual({ kind: 'lease', count: 0 });
    expect(decide(apply(check, { type: 'audit-failed' }))).toMatchObject({ kind: 'failed', reason });
    expect(verdictOf(apply(check, { type: 'audited', digest: 'd' }))).toMatchObject({
      canonical: OWN_RESULT,
      accepted: [],
      rejected: [],
    });
  });
  test('the failed runs of one payee alone never end a task, also where this device cannot run it', () => {
    let check = start(quorum);
    for (let i = 0; i < 20; i++) {
      const holder = { peer: `peer-${i}`, payee: i % 2 === 0 ? '0xAA' : '0xaa' } as const;
      check = apply(check, { type: 'leased', id: `r${i}`, holder, need: 2 });
      check = apply(check, { type: 'inconclusive', id: `r${i}`, reason: 'timeout' });
    }
    expect(decide(check).kind).toBe('own-run');
    check = apply(check, { type: 'audit-started' }, { type: 'audit-failed' });
    expect(decide(check)).toEqual({ kind: 'lease', count: 2 });
  });
});

describe('tolerance', () => {
  test('asks for comparisons before a verdict; the centre of the largest group is the result', () => {
    const wide: Policy = { ...quorum, need: 3, limit: 5 };
    const check = delivered(start(wide, false), { a: '1', b: '2', c: '3' }, 3);
    expect(decide(check)).toEqual({
      kind: 'compare',
      pairs: [
        ['a', 'b'],
        ['a', 'c'],
        ['b', 'c'],
      ],
    });
    const compared = apply(
      check,
      { type: 'compared', a: 'a', b: 'b', agrees: true },
      { type: 'compared', a: 'c', b: 'b', agrees: true },
      { type: 'compared', a: 'a', b: 'c', agrees: false, reason: 'too far' },
    );
    expect(verdictOf(compared)).toMatchObject({ canonical: 'b', accepted: ['a', 'b', 'c'] });
  });
  test('the reason of a comparison reaches the rejected one', () => {
    let check = delivered(start(quorum, false), { a: '1', b: '2' });
    check = apply(check, { type: 'compared', a: 'a', b: 'b', agrees: false, reason: 'mean error 9' });
    check = delivered(check, { c: '1' });
    expect(verdictOf(check)).toMatchObject({
      accepted: ['a', 'c'],
      rejected: [{ id: 'b', reason: 'mean error 9' }],
    });
  });
});

describe('adaptive and trust', () => {
  test('a proven provider alone is enough, a newcomer gets a second', () => {
    expect(decide(start(adaptive))).toEqual({ kind: 'lease', count: 1 });
    expect(verdictOf(delivered(start(adaptive), { a: 'd' }, 1)).accepted).toEqual(['a']);
    expect(decide(apply(start(adaptive), leased('a', 2)))).toEqual({ kind: 'lease', count: 1 });
  });
  test('a check drawn for one is not waived because a proven one makes it', () => {
    const check = apply(start(adaptive), leased('new', 2), leased('proven', 1), committed('new'));
    expect(decide(check)).toEqual({ kind: 'lease', count: 0 });
    expect(decide(apply(check, committed('proven')))).toEqual({
      kind: 'reveal',
      ids: ['new', 'proven'],
      surplus: [],
    });
  });
  test('a proven one alone is enough though a newcomer runs a copy', () => {
    const check = apply(start(adaptive), leased('proven', 1), leased('new', 2), committed('proven'));
    expect(decide(check)).toEqual({ kind: 'reveal', ids: ['proven'], surplus: ['new'] });
  });
  test('once results disagree nobody is believed alone', () => {
    let check = delivered(start(adaptive), { a: '1', b: '2' }, 2);
    check = delivered(check, { proven: '3' }, 1);
    expect(decide(check)).toEqual({ kind: 'lease', count: 1 });
  });
  test('trust takes the first result', () => {
    expect(verdictOf(delivered(start(trust), { a: 'd' }, 1)).accepted).toEqual(['a']);
  });
});

describe('audit and ban', () => {
  test('withholds the verdict, then decides it, even against a quorum', () => {
    let check = delivered(apply(start(quorum), { type: 'audit-started' }), { a: 'lie', b: 'lie' });
    expect(decide(check)).toEqual({ kind: 'lease', count: 0 });
    check = apply(check, { type: 'audited', digest: 'truth' });
    expect(verdictOf(check)).toMatchObject({ canonical: OWN_RESULT, accepted: [] });
    expect(verdictOf(check).rejected.map(({ id }) => id)).toEqual(['a', 'b']);
  });
  test('an audit that ends before the reveals lets nobody slip through unjudged', () => {
    let check = apply(start(quorum), leased('a', 2), leased('b', 2), committed('a'), {
      type: 'audit-started',
    });
    check = apply(check, { type: 'audited', digest: 'truth' });
    expect(decide(check)).toEqual({ kind: 'reveal', ids: ['a'], surplus: ['b'] });
    check = apply(check, asked('a'), revealed('a', 'lie'));
    expect(verdictOf(check)).toMatchObject({ canonical: OWN_RESULT, accepted: [], notNeeded: [] });
    expect(verdictOf(check).rejected.map(({ id }) => id)).toEqual(['a']);
  });
  test('with a tolerance the own result is compared too', () => {
    let check = delivered(apply(start(trust, false), { type: 'audit-started' }), { a: '1' }, 1);
    check = apply(check, { type: 'audited', digest: '2' });
    expect(decide(check)).toEqual({ kind: 'compare', pairs: [['a', OWN_RESULT]] });
    check = apply(check, { type: 'compared', a: 'a', b: OWN_RESULT, agrees: true });
    expect(verdictOf(check)).toMatchObject({ canonical: 'a', accepted: ['a'] });
  });
  test('a device that cannot audit leaves the verdict to the votes', () => {
    const check = delivered(apply(start(trust), { type: 'audit-started' }), { a: 'd' }, 1);
    expect(verdictOf(apply(check, { type: 'audit-failed' })).accepted).toEqual(['a']);
  });
  test('what a banned provider did counts no more, disputes it caused included', () => {
    let check = delivered(start(quorum), { a: '1', b: '2' });
    check = apply(check, { type: 'banned', peer: 'peer-b' });
    expect(decide(check)).toEqual({ kind: 'lease', count: 1 });
    expect(verdictOf(delivered(check, { c: '1' })).rejected).toEqual([]);
  });
});

describe('any order of events', () => {
  const ids = ['a', 'b', 'c', 'd', OWN_RESULT, 'nobody'];
  const id = fc.constantFrom(...ids);
  const text = fc.constantFrom('1', '2');
  const events: fc.Arbitrary<TaskEvent> = fc.oneof(
    fc.tuple(id, fc.constantFrom(1, 2)).map(([id, need]) => leased(id, need)),
    id.map(committed),
    fc.tuple(id, text).map(([id, digest]) => revealed(id, digest)),
    fc.subarray(ids).map((some) => asked(...some)),
    id.map((id): TaskEvent => ({ type: 'lost', id, reason: 'late' })),
    id.map((id): TaskEvent => ({ type: 'broken', id, reason: 'broken' })),
    id.map((id): TaskEvent => ({ type: 'banned', peer: `peer-${id}` })),
    fc.constant<TaskEvent>({ type: 'audit-started' }),
    fc
      .tuple(id, fc.constantFrom('right' as const, 'wrong' as const, 'inconclusive' as const))
      .map(([id, outcome]): TaskEvent => ({ type: 'judged', id, outcome })),
    text.map((digest): TaskEvent => ({ type: 'audited', digest })),
  );

  test('never accepts without enough support, never counts a replica twice, never asks for nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(quorum, adaptive, trust),
        fc.constantFrom('exact' as const, 'verifier' as const),
        fc.array(events, { maxLength: 40 }),
        (policy, comparator, list) => {
          const check = apply(newTaskCheck(policy, comparator), ...list);
          checkDecision(check, decide(check));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('whoever wins a dispute passes the threshold, whatever the providers passed before', () => {
    const passes = fc.dictionary(fc.constantFrom(...ids.map((id) => `peer-${id}`)), fc.nat(200));
    fc.assert(
      fc.property(passes, fc.array(events, { maxLength: 40 }), (passed, list) => {
        const job = new JobTrust(adaptive);
        for (const [peer, checks] of Object.entries(passed)) job.pass(peer, checks);
        const check = apply(start(adaptive), ...list);
        const decision = decide(check, job.credibilityOf);
        checkDecision(check, decision);
        if (decision.kind !== 'verdict' || check.audit.state === 'done') return;
        const groups = Map.groupBy(
          check.replicas.filter(({ phase }) => phase === 'revealed'),
          ({ digest }) => digest,
        );
        if (decision.accepted.length === 1 && groups.size === 1) return;
        const members = [...groups.values()].map((group) =>
          group.map(({ peer }) => job.credibilityOf(peer, groups.size > 1)),
        );
        const winner = [...groups.values()].findIndex((group) =>
          group.some(({ id }) => id === decision.canonical),
        );
        expect(groupCredibilities(members)[winner]).toBeGreaterThanOrEqual(0.999);
      }),
      { numRuns: 2_000 },
    );
  });

  function checkDecision(check: TaskCheck, decision: Decision) {
    const phase = (id: string) => check.replicas.find((replica) => replica.id === id)!.phase;
    if (decision.kind === 'reveal') {
      expect(decision.ids.length).toBeGreaterThan(0);
      for (const id of decision.ids) expect(phase(id)).toBe('committed');
      expect(check.replicas.filter((replica) => replica.phase === 'leased').map(({ id }) => id)).toEqual(
        decision.surplus,
      );
    }
    if (decision.kind !== 'verdict') return;
    for (const id of decision.accepted) expect(phase(id)).toBe('revealed');
    const judged = [
      ...decision.accepted,
      ...[...decision.rejected, ...decision.inconclusive].map(({ id }) => id),
    ];
    expect(new Set(judged).size).toBe(judged.length);
    if (check.comparator === 'verifier') {
      const isRight = (id: string) => check.replicas.find((replica) => replica.id === id)!.isRight;
      return expect(decision.accepted.every(isRight)).toBe(true);
    }
    if (check.audit.state === 'done') return;
    const needs = check.replicas.filter(({ id }) => decision.accepted.includes(id)).map(({ need }) => need);
    expect(decision.accepted.length).toBeGreaterThanOrEqual(Math.max(...needs));
    if (decision.rejected.some(({ id }) => phase(id) === 'revealed')) {
      expect(decision.accepted.length).toBeGreaterThanOrEqual(2);
    }
  }
});

describe('an arbiter', () => {
  const arbiter = { canCompute: true, isTrusted: (peer: string) => peer === 'peer-old' };
  const outvoted = delivered(start(adaptive), { old: 'right', a: 'lie', b: 'lie' });
  const halves = delivered(start(adaptive), { a: 'x', b: 'x', c: 'y', d: 'y', e: 'y' });
  const strangers = delivered(start(adaptive), { a: 'x', b: 'y', c: 'y' });

  test.each([
    ['a trusted provider would be outvoted', outvoted, 'own-run'],
    ['two groups are at odds', halves, 'own-run'],
    ['one stranger is outvoted', strangers, 'verdict'],
    ['nobody disagrees', delivered(start(adaptive), { old: 'x', a: 'x' }), 'verdict'],
    ['heads count', delivered(start(quorum), { old: 'right', a: 'lie', b: 'lie' }), 'verdict'],
  ])('where %s: %s', (_, check, kind) => {
    expect(decide(check, undefined, arbiter).kind).toBe(kind);
  });
  test('that can compute nothing, or tried in vain, leaves it to the others', () => {
    expect(decide(outvoted, undefined, { ...arbiter, canCompute: false }).kind).toBe('verdict');
    const failed = apply(outvoted, { type: 'audit-started' }, { type: 'audit-failed' });
    expect(decide(failed, undefined, arbiter).kind).toBe('verdict');
  });
  test('bans the liars and keeps the one with a record', () => {
    const judged = apply(outvoted, { type: 'audit-started' }, { type: 'audited', digest: 'right' });
    expect(decide(judged, undefined, arbiter)).toMatchObject({
      kind: 'verdict',
      accepted: ['old'],
      rejected: [{ id: 'a' }, { id: 'b' }],
    });
  });
});
