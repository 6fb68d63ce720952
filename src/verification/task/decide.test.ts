import { describe, expect, test } from 'vitest';
import type { Policy } from '../../protocol/policy.ts';
import { decide } from './decide.ts';
import { OWN_RESULT } from './task-check.ts';
import {
  adaptive,
  apply,
  asked,
  committed,
  delivered,
  leased,
  quorum,
  revealed,
  start,
  trust,
  verdictOf,
} from './task-events.fixture.ts';

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
