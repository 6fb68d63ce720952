import { describe, expect, test } from 'vitest';
import { AGREEMENT } from '../../../protocol/messages.fixture.ts';
import type { Agreement } from '../../../protocol/negotiate.ts';
import type { Policy } from '../../../protocol/policy.ts';
import type { VerdictOutcome } from '../../../protocol/work.ts';
import { LeaseBook } from '../lease-book.ts';
import { VerdictDesk } from './verdict-desk.ts';

const ADAPTIVE: Policy = { kind: 'adaptive', auditRate: 0 };
/** A task costs 9,000 here; the credit covers ten. */
const TERMS: Agreement = { ...AGREEMENT, policy: ADAPTIVE, creditLimit: 90_000n };

function deskOf(agreement = TERMS, tasks = 20) {
  const book = new LeaseBook();
  const ledger = { owed: 0, given: 0 };
  const vouchers = {
    owe: (count: number) => void (ledger.owed += count),
    giveAway: (count: number) => {
      ledger.given += count;
      return false;
    },
  };
  const all = Array.from({ length: tasks }, (_, i) => i);
  book.add('a', all);
  for (const task of all) {
    book.takeNext();
    const result = { exit: { kind: 'ok' } as const, outputs: [] };
    book.finish({ lease: 'a', task }, { nonce: new Uint8Array(16), result, inline: {} });
  }
  book.reveal('a', all);
  const desk = new VerdictDesk({ agreement, book, vouchers });
  const say = (task: number, outcome: VerdictOutcome) => desk.settle({ lease: 'a', task }, outcome)?.code;
  return { desk, book, ledger, say };
}

describe('a result that stands for now', () => {
  test('is held back, then owed once it is accepted', () => {
    const { desk, book, ledger, say } = deskOf();
    expect(say(0, 'provisional')).toBeUndefined();
    expect([desk.heldTasks, desk.held, desk.accepted, book.unsettledCount]).toEqual([1, 9_000n, 0, 19]);
    expect(say(0, 'provisional')).toBeUndefined();
    expect(say(0, 'accepted')).toBeUndefined();
    expect([desk.heldTasks, desk.held, desk.accepted, ledger.owed]).toEqual([0, 0n, 1, 1]);
    say(0, 'accepted');
    expect([desk.accepted, ledger.owed]).toEqual([1, 1]);
  });
  test.each([
    ['rejected', 1],
    ['not-needed', 0],
    ['inconclusive', 0],
  ] as const)('is given up when it is %s after all', (outcome, rejected) => {
    const { desk, ledger, say } = deskOf();
    say(3, 'provisional');
    say(3, outcome);
    expect([desk.heldTasks, desk.accepted, desk.rejected, ledger]).toEqual([
      0,
      0,
      rejected,
      { owed: 0, given: 1 },
    ]);
  });
  test('counts as taken for nothing when no other word comes until the end', () => {
    const { desk, ledger, say } = deskOf();
    say(0, 'provisional');
    say(1, 'provisional');
    desk.giveUp();
    expect(ledger).toEqual({ owed: 0, given: 2 });
  });
});

describe('what is more than was agreed is named', () => {
  test('more than thirty tasks held back, however small or large the credit', () => {
    for (const creditLimit of [90_000n, 10n ** 9n]) {
      const { desk, ledger, say } = deskOf({ ...TERMS, creditLimit }, 40);
      for (let task = 0; task < 30; task++) expect(say(task, 'provisional')).toBeUndefined();
      expect(say(30, 'provisional')).toBe('work/held-too-much');
      expect([desk.heldTasks, ledger.given]).toEqual([30, 1]);
      say(0, 'accepted');
      expect(say(31, 'provisional')).toBeUndefined();
    }
  });
  test.each<Policy>([
    { kind: 'quorum', need: 2, limit: 3, auditRate: 0 },
    { kind: 'trust', auditRate: 0 },
  ])('anything held back under $kind', (policy) => {
    const { desk, ledger, say } = deskOf({ ...TERMS, policy });
    expect(say(0, 'provisional')).toBe('work/not-provisional');
    expect([desk.heldTasks, ledger.given]).toEqual([0, 1]);
  });
});

test('a verdict on what is not held changes nothing', () => {
  const { desk, ledger } = deskOf();
  for (const outcome of ['provisional', 'accepted', 'rejected'] as const)
    expect(desk.settle({ lease: 'b', task: 0 }, outcome)).toBeUndefined();
  expect([desk.heldTasks, desk.accepted, desk.rejected, ledger]).toEqual([0, 0, 0, { owed: 0, given: 0 }]);
});
