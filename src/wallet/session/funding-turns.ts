import { Turns, type WalletAccount } from '../account/account.ts';

const turns = new WeakMap<WalletAccount, Turns>();

/**
 * One funding at a time per account: a second approval would replace the first before it is used, and a second order
 * would take the same nonce.
 */
export function inFundingTurn<T>(account: WalletAccount, job: () => Promise<T>): Promise<T> {
  const mine = turns.get(account) ?? new Turns();
  turns.set(account, mine);
  return mine.take(job);
}
