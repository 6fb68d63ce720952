import { KilnError } from '../../base/errors.ts';
import type { Collection } from '../../base/collection.ts';
import { type Ledger, openLedger } from '../../payment/voucher/ledger.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { PaymentSession } from '../slices.ts';

/** Key of a session's ledger in its store. */
export function ledgerKey({ terms }: Pick<PaymentSession, 'terms'>): string {
  return terms.sessionKey.toLowerCase();
}

/**
 * Stores the empty ledger of a new session key, before the job that it pays for: from then on a missing ledger is a lost
 * one. Throws `requestor/key-used` when the key has a ledger already.
 */
export async function startLedger(session: PaymentSession, ledgers: Collection<Ledger>): Promise<void> {
  if ((await ledgers.get(ledgerKey(session))) !== undefined) {
    throw new KilnError('requestor/key-used', 'This session key pays for another job already.', {
      data: { sessionKey: session.terms.sessionKey },
      hint: 'Submit the job again; it gets a session key of its own.',
    });
  }
  await ledgers.put(ledgerKey(session), openLedger(session.terms.payer as Address, session.cap));
}

/**
 * The ledger that a session goes on with. A key whose ledger is lost, or older than what the chain has seen of the key,
 * never signs again: two counters on one key would contradict each other, which proves fraud.
 * Throws `requestor/ledger-lost`, `requestor/ledger-behind`. A chain out of reach is not waited for: the ledger is
 * stored before each voucher leaves, so only a copy from elsewhere can be behind.
 */
export async function resumeLedger(session: PaymentSession, ledgers: Collection<Ledger>): Promise<Ledger> {
  const ledger = await ledgers.get(ledgerKey(session));
  const { sessionKey } = session.terms;
  if (ledger === undefined) {
    throw new KilnError(
      'requestor/ledger-lost',
      'What this session key has promised is not known any more.',
      {
        data: { sessionKey },
        hint: 'Submit the job again; it gets a new session key. What is left of the deposit is used for it.',
      },
    );
  }
  const use = await session.readUse?.().catch(() => undefined);
  const seen = use === undefined ? 0n : use.redeemed > use.highestIssued ? use.redeemed : use.highestIssued;
  if (ledger.issued >= seen) return ledger;
  throw new KilnError(
    'requestor/ledger-behind',
    'This session key has promised more than this browser remembers: its records were set back.',
    {
      data: { sessionKey, issued: ledger.issued.toString(), seen: seen.toString() },
      hint: 'Submit the job again; it gets a new session key. Do not restore old copies of a browser profile.',
    },
  );
}
