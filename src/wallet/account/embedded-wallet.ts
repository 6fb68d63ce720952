import { createWalletClient, type Hex, http } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { KilnError } from '../../base/errors.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import { Turns, type WalletAccount } from './account.ts';
import { toChainError } from '../chain/chain-error.ts';
import { type ChainConfig, viemChain } from '../chain/chain.ts';
import { RPC_TIMEOUT_MS } from '../constants.ts';
import type { Collection } from '../../base/collection.ts';
import type { KeySealer, SealedKey } from './sealed-key.ts';

/** The embedded wallet at rest. */
export interface EmbeddedRecord {
  readonly address: Address;
  readonly sealed: SealedKey;
  readonly createdAtMs: number;
}

/** A key made in this browser, for those who start with none. */
export interface EmbeddedWallet extends WalletAccount {
  readonly kind: 'embedded';
  /** The private key, to be shown to its owner and nobody else. */
  exportKey(): Promise<Hex>;
}

const RECORD = 'embedded';
const KEPT = 'kept/';

/** What {@link openEmbeddedWallet} needs. */
export interface EmbeddedWalletInit {
  readonly config: ChainConfig;
  readonly records: Collection<EmbeddedRecord>;
  readonly sealer: KeySealer;
  readonly nowMs: number;
}

/**
 * The embedded wallet of this browser profile; made on first use.
 *
 * @example
 * const sealer = await openKeySealer(keys);
 * const wallet = await openEmbeddedWallet({ config, records, sealer, nowMs: clock.now() });
 */
export async function openEmbeddedWallet(init: EmbeddedWalletInit): Promise<EmbeddedWallet> {
  const record = (await init.records.get(RECORD)) ?? (await store(init, generatePrivateKey()));
  return embeddedWallet(init, record);
}

/**
 * Replaces the embedded wallet by the owner of a private key. The one before stays in the store under its address, so
 * that no money is lost with it.
 * Throws `wallet/bad-key` unless it is 32 bytes of hexadecimal and a valid secp256k1 key.
 */
export async function importEmbeddedWallet(
  init: EmbeddedWalletInit,
  privateKey: string,
): Promise<EmbeddedWallet> {
  const key = (privateKey.trim().startsWith('0x') ? privateKey.trim() : `0x${privateKey.trim()}`) as Hex;
  try {
    if (!/^0x[0-9a-f]{64}$/i.test(key)) throw new RangeError('not 32 bytes of hexadecimal');
    const { address } = privateKeyToAccount(key);
    const before = await init.records.get(RECORD);
    if (before !== undefined && !isSameAddress(before.address, address))
      await init.records.put(keptKey(before.address), before);
    return embeddedWallet(init, await store(init, key));
  } catch (cause) {
    if (cause instanceof KilnError) throw cause;
    throw new KilnError('wallet/bad-key', 'This is not a private key.', {
      hint: 'Paste the 64 hexadecimal digits that the export showed.',
    });
  }
}

/** Addresses of wallets that an import replaced. */
export async function listKeptWallets(records: Collection<EmbeddedRecord>): Promise<Address[]> {
  return (await records.entries(KEPT)).map(([, { address }]) => address);
}

/** Takes a replaced wallet up again; the present one is kept in its place. Throws `wallet/unknown`. */
export async function restoreKeptWallet(init: EmbeddedWalletInit, address: Address): Promise<EmbeddedWallet> {
  const kept = await init.records.get(keptKey(address));
  if (kept === undefined) {
    throw new KilnError('wallet/unknown', 'This browser does not keep that wallet.', {
      hint: 'Import it from its keystore file.',
    });
  }
  const before = await init.records.get(RECORD);
  if (before !== undefined) await init.records.put(keptKey(before.address), before);
  await init.records.put(RECORD, kept);
  await init.records.delete(keptKey(address));
  return embeddedWallet(init, kept);
}

function keptKey(address: Address): string {
  return `${KEPT}${address.toLowerCase()}`;
}

async function store(init: EmbeddedWalletInit, privateKey: Hex): Promise<EmbeddedRecord> {
  const { address } = privateKeyToAccount(privateKey);
  const sealed = await init.sealer.seal(privateKey, address);
  const record = { address, sealed, createdAtMs: init.nowMs };
  await init.records.put(RECORD, record);
  return record;
}

function embeddedWallet({ config, sealer }: EmbeddedWalletInit, record: EmbeddedRecord): EmbeddedWallet {
  const turns = new Turns();
  const unseal = () => sealer.unseal(record.sealed, record.address);
  return {
    kind: 'embedded',
    name: 'This browser',
    address: record.address,
    exportKey: unseal,
    async signTypedData(request, action) {
      try {
        return await privateKeyToAccount(await unseal()).signTypedData({ ...request });
      } catch (thrown) {
        throw toChainError(thrown, action);
      }
    },
    send: ({ to, data, action }) =>
      turns.take(async () => {
        try {
          const account = privateKeyToAccount(await unseal());
          const transport = http(config.rpcUrl, { timeout: RPC_TIMEOUT_MS });
          const client = createWalletClient({ account, chain: viemChain(config), transport });
          // The nonce counts pending transactions too, and turns keep it from being read twice.
          return await client.sendTransaction({ to, data });
        } catch (thrown) {
          throw toChainError(thrown, action);
        }
      }),
  };
}
