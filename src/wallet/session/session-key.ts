import type { Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { KilnError } from '../../base/errors.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import type { WalletAccount } from '../account/account.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import { type FundSession, fundSession } from './fund-session.ts';
import type { Collection } from '../../base/collection.ts';
import type { KeySealer, SealedKey } from '../account/sealed-key.ts';
import type { TransactOptions } from '../chain/transact.ts';
import { ownThread, type VoucherCrypto } from '../voucher/voucher-crypto.ts';

/** A session key at rest, under `session/<address>`. Stored before it is funded, so that no money is ever lost with it. */
export interface SessionRecord {
  readonly terms: PaymentTerms;
  readonly cap: bigint;
  readonly expiresAtMs: number;
  readonly sealed: SealedKey;
}

/** A funded session key that signs vouchers: the requestor's `PaymentSession`. */
export interface SessionKey {
  readonly terms: PaymentTerms;
  readonly cap: bigint;
  readonly expiresAtMs: number;
  /** What funded it; absent after a reload. */
  readonly transaction?: Hex;
  sign(voucher: {
    readonly payee: Address;
    readonly amount: bigint;
    readonly issued: bigint;
  }): Promise<SignedVoucher>;
}

/** What session keys are made and kept with. */
export interface SessionStore {
  readonly records: Collection<SessionRecord>;
  readonly sealer: KeySealer;
  /** @default the own thread */
  readonly crypto?: VoucherCrypto;
  /** How keys are funded, such as by signature (`bySignature`). @default by transactions of the account */
  readonly fund?: FundSession;
}

/**
 * Makes a session key, stores it, deposits what the budget is short of and authorises the key. One key per job; never reused.
 *
 * @param budget.cap all that the job may cost, in the token's smallest unit
 * @param budget.expiresAtMs the job's end plus the pool's thaw plus a margin
 * @param budget.deposit tokens to deposit; @default the cap
 * @example
 * const session = await openSession(reader, account, store, { cap: parseGlm('2.5'), expiresAtMs }, { onStep });
 */
export async function openSession(
  reader: PoolReader,
  account: WalletAccount,
  store: SessionStore,
  budget: { readonly cap: bigint; readonly expiresAtMs: number; readonly deposit?: bigint },
  options: TransactOptions = {},
): Promise<SessionKey> {
  options.onStep?.('Making a session key');
  const privateKey = generatePrivateKey();
  const signer = privateKeyToAccount(privateKey).address;
  const { id: chainId, pool } = reader.config;
  const record: SessionRecord = {
    terms: { chainId, pool, payer: account.address, sessionKey: signer },
    cap: budget.cap,
    expiresAtMs: budget.expiresAtMs,
    sealed: await store.sealer.seal(privateKey, signer),
  };
  await store.records.put(recordKey(signer), record);
  const { cap, expiresAtMs, deposit = budget.cap } = budget;
  const { fund = fundSession } = store;
  const { transaction } = await fund(reader, account, { signer, cap, expiresAtMs, deposit }, options);
  return { ...sessionKey(record, privateKey, store.crypto), transaction };
}

/** The session key of an earlier tab. Throws `wallet/session-unknown` when this browser does not have it. */
export async function resumeSession(store: SessionStore, signer: Address): Promise<SessionKey> {
  const record = await recordOf(store, signer);
  return sessionKey(record, await store.sealer.unseal(record.sealed, record.terms.sessionKey), store.crypto);
}

/** Raises the cap of a session key, with a deposit of the difference; the old object's `cap` stays what it was. */
export async function raiseSession(
  reader: PoolReader,
  account: WalletAccount,
  store: SessionStore,
  signer: Address,
  budget: { readonly cap: bigint; readonly expiresAtMs: number },
  options: TransactOptions = {},
): Promise<SessionKey> {
  const record = await recordOf(store, signer);
  const privateKey = await store.sealer.unseal(record.sealed, record.terms.sessionKey);
  const { cap, expiresAtMs } = budget;
  const deposit = cap > record.cap ? cap - record.cap : 0n;
  const { fund = fundSession } = store;
  const { transaction } = await fund(reader, account, { signer, cap, expiresAtMs, deposit }, options);
  const raised = { ...record, cap, expiresAtMs };
  await store.records.put(recordKey(signer), raised);
  return { ...sessionKey(raised, privateKey, store.crypto), transaction };
}

/** Forgets a session key; only once its job has ended and all its vouchers are delivered. */
export function forgetSession(store: SessionStore, signer: Address): Promise<void> {
  return store.records.delete(recordKey(signer));
}

function sessionKey(record: SessionRecord, privateKey: Hex, crypto: VoucherCrypto = ownThread): SessionKey {
  const { terms, cap, expiresAtMs } = record;
  return {
    terms,
    cap,
    expiresAtMs,
    sign: (voucher) => crypto.sign(terms, { payer: terms.payer, ...voucher }, privateKey),
  };
}

async function recordOf(store: SessionStore, signer: Address): Promise<SessionRecord> {
  const record = await store.records.get(recordKey(signer));
  if (record !== undefined) return record;
  throw new KilnError(
    'wallet/session-unknown',
    'This browser does not hold the key that pays for this job.',
    {
      data: { signer },
      hint: 'Open the job in the browser that submitted it.',
    },
  );
}

function recordKey(signer: Address): string {
  return `session/${signer.toLowerCase()}`;
}
