import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hex } from 'viem';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { type LocalChain, startLocalChain } from '../../contracts/local-chain.ts';
import { systemClock } from '../../src/base/time.ts';
import type { Network } from '../../src/network/create-network.ts';
import { joinMemoryPeer, type MemoryPeer } from '../../src/network/testing/memory-peer.ts';
import { issue, type Ledger, openLedger } from '../../src/payment/voucher/ledger.ts';
import type { FrameStream } from '../../src/protocol/channel.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import { REDEEM } from '../../src/protocol/redeem.ts';
import type { SignedVoucher } from '../../src/protocol/work.ts';
import type { WalletAccount } from '../../src/wallet/account/account.ts';
import { drawFromFaucet } from '../../src/wallet/chain/faucet.ts';
import { RedeemRelay } from '../../src/wallet/voucher/redeem-relay.ts';
import { openSession, raiseSession, type SessionKey } from '../../src/wallet/session/session-key.ts';
import { type RelayProcess, startRelayProcess } from '../relay-process.ts';

/** A payer with a funded session key, whose vouchers a test wants. */
export interface Payer {
  readonly session: SessionKey;
  readonly wallet: WalletAccount;
  /** Promises this much more; the newest voucher of the payee. */
  pay(payee: Address, amount: bigint): Promise<SignedVoucher>;
  /** Deposits this much more. */
  topUp(amount: bigint): Promise<void>;
}

/** A real chain, real relay processes and a real peer. */
export interface RedeemWorld extends AsyncDisposable {
  readonly chain: LocalChain;
  /** Pays for the relay's gas. */
  readonly account: Address;
  readonly folder: string;
  readonly networkFile: string;
  /** Starts the relay, again with the same queue, with more flags. */
  start(flags?: readonly string[], env?: Readonly<Record<string, string>>): Promise<RelayProcess>;
  /** A stream of the redeeming protocol from a peer of its own. */
  open(relay: RelayProcess): Promise<FrameStream>;
  /** A peer's network that knows the relay. */
  network(relay: RelayProcess): Promise<Network>;
  /** The client, as the app uses it. */
  client(relay: RelayProcess): RedeemRelay;
  newPayer(cap: bigint, deposit?: bigint): Promise<Payer>;
  /** The chain's own clock. */
  nowMs(): Promise<number>;
  metrics(relay: RelayProcess): Promise<ReadonlyMap<string, string>>;
  /** A call of anvil's own. */
  anvil(method: string, params: readonly unknown[]): Promise<unknown>;
}

const DAY_MS = 86_400_000;

/** Puts it together. */
export async function startRedeemWorld(): Promise<RedeemWorld> {
  const chain = await startLocalChain();
  const folder = await mkdtemp(join(tmpdir(), 'kiln-redeem-'));
  const networkFile = join(folder, 'network.json');
  await writeFile(networkFile, JSON.stringify({ relays: [], chain: { ...chain.config, tokensPerCoin: 1 } }));
  const key: Hex = generatePrivateKey();
  const account = privateKeyToAddress(key);
  const peers = new Map<RelayProcess, Promise<MemoryPeer>>();
  const anvil = chain.reader.client.request as (call: {
    method: string;
    params: readonly unknown[];
  }) => Promise<unknown>;
  await anvil({ method: 'anvil_setBalance', params: [account, '0x8ac7230489e80000'] });

  const networkOf = async (relay: RelayProcess) => {
    const joined = peers.get(relay) ?? joinMemoryPeer(relay.multiaddrs);
    peers.set(relay, joined);
    return (await joined).network;
  };
  const open = async (relay: RelayProcess) => {
    const network = await networkOf(relay);
    return network.openStream(REDEEM, { peer: relay.peer, addresses: relay.multiaddrs });
  };
  return {
    chain,
    account,
    folder,
    networkFile,
    start: (flags = [], env = {}) =>
      startRelayProcess({
        flags: [
          ...['--redeem-network', networkFile, '--redeem-folder', join(folder, 'queue')],
          ...['--redeem-every', '1', ...flags],
        ],
        env: { KILN_REDEEM_KEY: key, ...env },
      }),
    network: networkOf,
    open,
    client: (relay) => new RedeemRelay({ reader: chain.reader, clock: systemClock, open: () => open(relay) }),
    async newPayer(cap, deposit = cap) {
      const { wallet, sessions } = await chain.newWallet();
      await drawFromFaucet(chain.reader, wallet);
      const { timestamp } = await chain.reader.client.getBlock();
      const expiresAtMs = Number(timestamp) * 1_000 + DAY_MS;
      const session = await openSession(chain.reader, wallet, sessions, { cap, expiresAtMs, deposit });
      let ledger: Ledger = openLedger(wallet.address, cap);
      return {
        session,
        wallet,
        async pay(payee, amount) {
          const next = issue(ledger, payee, amount);
          ledger = next.ledger;
          return session.sign({ ...next.voucher, payee });
        },
        async topUp(amount) {
          const signer = session.terms.sessionKey as Address;
          await raiseSession(chain.reader, wallet, sessions, signer, { cap: cap + amount, expiresAtMs });
        },
      };
    },
    async nowMs() {
      return Number((await chain.reader.client.getBlock()).timestamp) * 1_000;
    },
    async metrics(relay) {
      const text = await (await fetch(relay.healthUrl.replace('/healthz', '/metrics'))).text();
      const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      return new Map(lines.map((line) => line.replace('kiln_redeem_', '').split(' ') as [string, string]));
    },
    anvil: (method, params) => anvil({ method, params }),
    async [Symbol.asyncDispose]() {
      for (const peer of peers.values()) await (await peer)[Symbol.asyncDispose]();
      await chain[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
