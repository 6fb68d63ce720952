import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { MemoryChain } from '../../../tests/mesh/twins/memory-chain.ts';
import type { Collection } from '../../base/collection.ts';
import { issue, type Ledger } from '../../payment/voucher/ledger.ts';
import type { Address } from '../../protocol/primitives.ts';
import { memoryStore } from '../../storage/memory-store.ts';
import { ledgerKey, resumeLedger, startLedger } from './session-ledger.ts';
import type { PaymentSession } from '../slices.ts';

const PAYER: Address = `0x${'aa'.repeat(20)}`;
const PAYEE: Address = `0x${'bb'.repeat(20)}`;

let clock: ManualClock;
let chain: MemoryChain;
let session: PaymentSession;
let ledgers: Collection<Ledger>;

beforeEach(async () => {
  clock = new ManualClock();
  chain = new MemoryChain(clock);
  session = chain.openSession({ payer: PAYER, deposit: 100n, cap: 100n });
  ledgers = memoryStore().collection('ledgers');
  await startLedger(session, ledgers);
});
afterEach(() => clock[Symbol.dispose]());

/** Promises 10 more and has it redeemed. */
async function pay(): Promise<Ledger> {
  const next = issue((await ledgers.get(ledgerKey(session)))!, PAYEE, 10n);
  await ledgers.put(ledgerKey(session), next.ledger);
  expect(await chain.redeem(await session.sign({ ...next.voucher, payee: PAYEE }))).toBe(10n);
  return next.ledger;
}

test('a new key starts at nothing, and goes on where it was', async () => {
  expect(await resumeLedger(session, ledgers)).toMatchObject({ issued: 0n, cap: 100n });
  const paid = await pay();
  expect(await resumeLedger(session, ledgers)).toEqual(paid);
});

test('a key that has a ledger never starts again', async () => {
  const paid = await pay();
  const shouted = {
    ...session,
    terms: { ...session.terms, sessionKey: session.terms.sessionKey.toUpperCase() },
  };
  for (const same of [session, shouted])
    await expect(startLedger(same, ledgers)).rejects.toMatchObject({ code: 'requestor/key-used' });
  expect(await resumeLedger(session, ledgers)).toEqual(paid);
});

test('a lost ledger is not replaced by an empty one', async () => {
  await ledgers.delete(ledgerKey(session));
  await expect(resumeLedger(session, ledgers)).rejects.toMatchObject({ code: 'requestor/ledger-lost' });
});

test('an older copy than the chain has seen is refused', async () => {
  const old = await pay();
  await pay();
  await ledgers.put(ledgerKey(session), old);
  await expect(resumeLedger(session, ledgers)).rejects.toMatchObject({
    code: 'requestor/ledger-behind',
    data: { issued: '10', seen: '20' },
  });
});

test('a chain out of reach is not waited for', async () => {
  const paid = await pay();
  chain.isReachable = false;
  expect(await resumeLedger(session, ledgers)).toEqual(paid);
});
