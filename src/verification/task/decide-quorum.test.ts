import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { OWN_RESULT } from './task-check.ts';
import {
  apply,
  asked,
  committed,
  delivered,
  leased,
  quorum,
  revealed,
  start,
  verdictOf,
} from './task-events.fixture.ts';

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
