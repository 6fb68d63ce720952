import type { Clock } from '../../base/time.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import type { PaymentSession } from '../../requestor/slices.ts';
import { coverPayees } from '../../wallet/pool/cover-payees.ts';
import { COVER_LASTS_MS } from '../constants.ts';
import type { WalletDesk } from './wallet-desk.ts';

/** A session key with what the chain knows of it; collateral only from an account that asks nobody for it. */
export function sessionOnChain(session: PaymentSession, wallet: WalletDesk, clock: Clock): PaymentSession {
  const { terms } = session;
  const [payer, key] = [terms.payer as Address, terms.sessionKey as Address];
  return {
    ...session,
    readUse: () => wallet.reader.sessionKey(payer, key),
    cover: async (promised) => {
      const { account } = wallet;
      if (account.kind !== 'embedded' || !isSameAddress(account.address, payer)) return [];
      const { posted, reader } = wallet;
      return coverPayees({ reader, account, terms, posted }, promised, clock.now() + COVER_LASTS_MS);
    },
  };
}
