import type { Hex } from 'viem';
import type { ContractCall, WalletAccount } from './account.ts';

/** What is told about each transaction of an account. */
export interface Listener {
  /** A sentence about what is waited for now. */
  readonly onStep?: (step: string) => void;
  /** The transaction was sent; no block has it yet. */
  readonly onSent?: (transaction: Hex, call: ContractCall) => Promise<void>;
}

/** The same account, telling what it waits for: the person, then a block. */
export function narrate(account: WalletAccount, { onStep, onSent }: Listener): WalletAccount {
  const ask = (action: string) => {
    if (account.kind === 'injected') onStep?.(`Open ${account.name} and confirm: ${action}`);
  };
  const { sendTogether } = account;
  return {
    ...account,
    async send(call: ContractCall) {
      ask(call.action);
      const transaction = await account.send(call);
      onStep?.('Sent; waiting for a block to take it');
      await onSent?.(transaction, call);
      return transaction;
    },
    ...(sendTogether === undefined
      ? {}
      : {
          sendTogether: (calls, signal) => {
            ask(calls.map(({ action }) => action).join(' and '));
            return sendTogether(calls, signal);
          },
        }),
  };
}
