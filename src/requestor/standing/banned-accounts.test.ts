import { expect, test } from 'vitest';
import { BanDesk, type BanDeskInit } from './ban-desk.ts';
import { BannedAccounts } from './banned-accounts.ts';

const ACCOUNT = `0x${'ab'.repeat(20)}`;
const nothing = () => {};

test('an account stays banned until the last of those that were banned under it is acquitted', () => {
  const accounts = new BannedAccounts();
  accounts.add('alice', '0xAB');
  accounts.add('bob', '0xab');
  accounts.add('bob', '0xcd');
  accounts.free('alice');
  expect([accounts.has('0xab'), accounts.has('0xcd')]).toEqual([true, true]);
  accounts.free('bob');
  expect([accounts.has('0xab'), accounts.has('0xcd')]).toEqual([false, false]);
});

test('who is acquitted does not free the account of another that was caught under it', () => {
  const banned = new Set<string>();
  const desk = new BanDesk({
    progress: {
      banned,
      reject: nothing,
      ban: (peer: string) => banned.add(peer),
      isRejectedOnlyFor: () => true,
      acquit: (_: number, peer: string) => banned.delete(peer),
    },
    links: { of: (peer: string) => [{ peer, payee: ACCOUNT.toUpperCase().replace('0X', '0x') }] },
    trust: { acquit: nothing },
    parts: { reputation: { retractWrong: nothing } },
    teller: { caught: nothing },
    discard: nothing,
    dismiss: nothing,
  } as unknown as BanDeskInit);
  desk.caughtElsewhere('alice', 'outvoted');
  desk.caughtElsewhere('bob', 'a proof');
  desk.acquit(0, 'alice');
  expect([...banned, desk.accounts.has(ACCOUNT)]).toEqual(['bob', true]);
  desk.acquit(0, 'bob');
  expect(desk.accounts.has(ACCOUNT)).toBe(false);
});
