import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../protocol/policy.ts';
import { JobTrust } from './job-trust.ts';
import { ReleaseBook, RESULTS_BEFORE_RELEASE } from './release-book.ts';

const adaptive: Policy = { kind: 'adaptive', auditRate: 0 };
const quorum: Policy = { kind: 'quorum', need: 3, limit: 5, auditRate: 0 };

function open(policy: Policy = adaptive) {
  const trust = new JobTrust(policy);
  return { trust, book: new ReleaseBook(policy, trust) };
}
/** Trusted from the start, as after a long trial. */
function trusted(...peers: string[]) {
  const job = open();
  for (const peer of peers) job.trust.pass(peer, 100);
  return job;
}
const never = () => {
  throw new Error('no chance was needed');
};

describe('release', () => {
  test('what two support is released at once, and each is told as due once', () => {
    const { book, trust } = open();
    book.accept(0, ['a', 'b'], false);
    expect(book.standing(0)).toMatchObject({ isReleased: true, supporters: ['a', 'b'] });
    expect(book.takeDue()).toEqual([
      { task: 0, peer: 'a' },
      { task: 0, peer: 'b' },
    ]);
    expect(book.takeDue()).toEqual([]);
    expect([trust.passed('a'), trust.passed('b')]).toEqual([1, 1]);
  });
  test('what one says alone waits for 200 later results of it, and was no check', () => {
    const { book, trust } = trusted('a');
    for (let task = 0; task <= RESULTS_BEFORE_RELEASE; task++) {
      expect(book.takeDue()).toEqual([]);
      book.accept(task, ['a'], false);
    }
    expect(book.takeDue()).toEqual([{ task: 0, peer: 'a' }]);
    expect(book.provisional).toBe(RESULTS_BEFORE_RELEASE);
    expect(trust.passed('a')).toBe(100);
  });
  test('a proof, a quorum and trust need no waiting; closing ends it', () => {
    const { book } = trusted('a');
    book.accept(0, ['a'], true);
    expect(book.provisional).toBe(0);
    book.accept(1, ['a'], false);
    expect(book.provisional).toBe(1);
    book.close();
    expect(book.provisional).toBe(0);
    expect(book.takeDue().map(({ task }) => task)).toEqual([0, 1]);
    const plain = open({ kind: 'trust', auditRate: 0 }).book;
    plain.accept(0, ['x'], false);
    expect(plain.provisional).toBe(0);
  });
  test('a re-check that agrees releases, pays only who was not paid, and passes both once', () => {
    const { book, trust } = trusted('a');
    book.accept(0, ['a'], false);
    book.accept(0, ['a', 'b'], false);
    book.accept(0, ['a', 'b', 'c'], false);
    expect(book.takeDue().map(({ peer }) => peer)).toEqual(['a', 'b', 'c']);
    expect(['a', 'b', 'c'].map((peer) => trust.passed(peer))).toEqual([101, 1, 1]);
  });
});

describe('a ban', () => {
  test('takes all lone results back, the released ones too', () => {
    const { book } = trusted('a');
    for (let task = 0; task < 300; task++) book.accept(task, ['a'], false);
    expect(book.ban('a').rerun).toHaveLength(300);
    expect(book.provisional).toBe(0);
    expect(book.standing(0)).toBeUndefined();
  });
  test('leaves a trusted supporter alone, re-checks a newcomer, and takes the check back that either passed', () => {
    const { book, trust } = trusted('old');
    book.accept(0, ['old', 'liar'], false);
    book.accept(1, ['liar', 'new'], false);
    book.accept(2, ['liar', 'new', 'third'], false);
    book.accept(3, ['liar', 'new'], true);
    expect(trust.passed('new')).toBe(3);
    expect(book.ban('liar')).toEqual({ rerun: [], recheck: [1] });
    expect([trust.passed('old'), trust.passed('new'), trust.passed('third')]).toEqual([100, 2, 1]);
    expect(trust.isCaught('liar')).toBe(true);
    expect(book.ban('old').rerun).toEqual([0]);
  });
  test('under a quorum re-checks what has too few supporters left', () => {
    const { book } = open(quorum);
    book.accept(0, ['a', 'b', 'c'], false);
    book.accept(1, ['a', 'b', 'c', 'd'], false);
    expect(book.ban('a')).toEqual({ rerun: [], recheck: [0] });
  });
  test('does not touch a result that replaced the banned one’s', () => {
    const { book } = trusted('liar');
    book.accept(0, ['liar'], false);
    book.accept(0, ['b', 'c'], false);
    expect(book.ban('liar')).toEqual({ rerun: [], recheck: [] });
    expect(book.takeDue().map(({ peer }) => peer)).toEqual(['b', 'c']);
  });
});

describe('closing', () => {
  test('checks the last lone result of each, in order of commitment, then one of each circle here', () => {
    const { book } = trusted('a', 'b', 'c');
    for (const [task, peer] of [
      [5, 'a'],
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ] as const)
      book.commit(task, peer);
    // Accepted in another order.
    for (const [task, peer] of [
      [1, 'a'],
      [5, 'a'],
      [3, 'c'],
      [2, 'b'],
    ] as const)
      book.accept(task, [peer], false);
    const first = book.closingChecks(never, true);
    expect(first.map(({ task }) => task).sort()).toEqual([1, 2, 3]);
    expect(first.every(({ by }) => by === 'provider')).toBe(true);
    book.accept(1, ['a', 'b'], false);
    book.accept(2, ['b', 'a'], false);
    book.accept(3, ['c', 'd'], false);
    const second = book.closingChecks(never, true);
    // a and b vouch for each other, c and a stranger do: two circles.
    expect(second).toHaveLength(2);
    expect(second.every(({ by }) => by === 'own-device')).toBe(true);
    for (const { task } of second) book.accept(task, book.standing(task)!.supporters, true);
    expect(book.closingChecks(never, true)).toEqual([]);
  });
  test('what was confirmed before the last lone result clears nobody, however late its verdict', () => {
    const { book } = trusted('sleeper');
    book.commit(0, 'sleeper');
    book.commit(1, 'sleeper');
    book.accept(1, ['sleeper'], false);
    book.accept(0, ['sleeper', 'honest'], false);
    expect(book.closingChecks(never, true)).toEqual([{ task: 1, by: 'provider' }]);
  });
  test('who has too few checks by now has more of its results checked; from then on everything is', () => {
    const { book, trust } = open();
    trust.pass('a', 12);
    for (let task = 0; task < 50; task++) book.accept(task, ['a'], false);
    for (const cheat of ['x', 'y', 'z']) {
      trust.pass(cheat, 10);
      trust.catch(cheat);
    }
    const missing = trust.passesForTrust - 12;
    expect(missing).toBeGreaterThan(5);
    let chance = 0;
    const checks = book.closingChecks(() => (chance = (chance + 0.37) % 1), true);
    expect(new Set(checks.map(({ task }) => task)).size).toBe(missing);
    expect(checks.map(({ task }) => task)).toContain(49);
    trust.pass('a', 1_000);
    expect(trust.neededResults('a', 0.999)).toBe(2);
  });
  test('a device that cannot compute leaves circles to providers; other policies close at once', () => {
    const { book } = trusted('a');
    book.accept(0, ['a'], false);
    book.accept(0, ['a', 'b'], false);
    expect(book.closingChecks(never, false)).toEqual([]);
    expect(open(quorum).book.closingChecks(never, true)).toEqual([]);
  });
});

describe('any order of verdicts and bans', () => {
  const peer = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        task: fc.nat(12),
        by: fc.uniqueArray(peer, { minLength: 1 }),
        isProven: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ banned: peer }) },
  );

  test('nothing is due twice, nor to the banned; whoever stands is in good standing; no count goes astray', () => {
    fc.assert(
      fc.property(fc.constantFrom(adaptive, quorum), fc.array(step, { maxLength: 60 }), (policy, steps) => {
        const { trust, book } = open(policy);
        const due = new Set<string>();
        for (const one of steps) {
          if ('banned' in one) {
            const { rerun, recheck } = book.ban(one.banned);
            for (const task of rerun) expect(book.standing(task)).toBeUndefined();
            for (const task of recheck) expect(book.standing(task)!.supporters.length).toBeGreaterThan(0);
          } else {
            const by = one.by.filter((peer) => !trust.isCaught(peer));
            if (by.length > 0) book.accept(one.task, by, one.isProven);
          }
          for (const { task, peer } of book.takeDue()) {
            expect(due.has(`${task} ${peer}`), `${task} ${peer}`).toBe(false);
            due.add(`${task} ${peer}`);
          }
          const standing = Array.from({ length: 13 }, (_, task) => book.standing(task));
          expect(standing.filter((one) => one?.isReleased === false)).toHaveLength(book.provisional);
          for (const one of standing)
            for (const peer of one?.supporters ?? []) expect(trust.isCaught(peer)).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });
});
