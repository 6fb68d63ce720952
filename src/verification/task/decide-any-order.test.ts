import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JobTrust } from '../job/job-trust.ts';
import { groupCredibilities } from '../policy/credibility.ts';
import { type Decision, decide } from './decide.ts';
import { newTaskCheck, OWN_RESULT, type TaskCheck, type TaskEvent } from './task-check.ts';
import {
  adaptive,
  apply,
  asked,
  committed,
  leased,
  quorum,
  revealed,
  start,
  trust,
} from './task-events.fixture.ts';

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
