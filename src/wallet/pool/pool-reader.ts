import type { PublicClient } from 'viem';
import type { Clock } from '../../base/time.ts';
import { KilnError } from '../../base/errors.ts';
import type { PayerStanding } from '../../payment/voucher/acceptance.ts';
import { plainAddress } from '../../payment/voucher/voucher.ts';
import type { SumProof } from '../../payment/cover/sum-tree.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import { contractProof, readAllocationCover } from './allocation-cover.ts';
import { toChainError } from '../chain/chain-error.ts';
import { type ChainConfig, createReader, POOL_ABI, TOKEN_ABI } from '../chain/chain.ts';
import { readStanding } from './payer-standing.ts';
import { RecentReads } from '../chain/recent-reads.ts';
import { ownThread, type VoucherCrypto } from '../voucher/voucher-crypto.ts';

/** A payer's deposit. */
export interface DepositState {
  /** All that is deposited, collateral and thawing included. */
  readonly balance: bigint;
  /** Set aside for payees. */
  readonly locked: bigint;
  readonly thawing: bigint;
  /** When `withdraw` becomes possible; absent when nothing thaws. */
  readonly thawEndsAtMs?: number;
}

/** A session key as the contract has it; see `PayerStanding` for the amounts. */
export interface KeyState {
  readonly cap: bigint;
  readonly spent: bigint;
  readonly redeemed: bigint;
  /** The highest `issued` of a voucher that the contract has seen. */
  readonly highestIssued: bigint;
  /** 0 when it was never authorised. */
  readonly expiresAtMs: number;
}

/** What the constructor of the pool fixed. */
export interface PoolFacts {
  readonly token: Address;
  readonly thawMs: number;
  readonly depositCeiling: bigint;
}

/** Reads the pool and its token; satisfies the provider's `ProviderChain`. */
export class PoolReader {
  readonly config: ChainConfig;
  readonly client: PublicClient;
  readonly #second: PublicClient | undefined;
  readonly #clock: Clock;
  readonly #crypto: VoucherCrypto;
  readonly #views: RecentReads<PayerStanding>;
  readonly #covers: RecentReads<bigint>;

  constructor(config: ChainConfig, clock: Clock, crypto: VoucherCrypto = ownThread) {
    this.config = config;
    this.client = createReader(config);
    this.#second = config.secondRpcUrl === undefined ? undefined : createReader(config, config.secondRpcUrl);
    this.#clock = clock;
    this.#crypto = crypto;
    this.#views = new RecentReads(clock);
    this.#covers = new RecentReads(clock);
  }

  /**
   * Everything a provider checks, in one call to each of the chain's nodes; at most 20 s old.
   * Throws `wallet/wrong-pool` for terms of another chain or pool, `wallet/nodes-disagree` when two nodes are asked.
   */
  async payerView(terms: PaymentTerms, payee: Address): Promise<PayerStanding> {
    this.#assertHome(terms);
    const key = [terms.payer, terms.sessionKey, payee].join().toLowerCase();
    return this.#views.read(key, () => this.#readView(terms, payee));
  }

  /**
   * What a payee can still draw from an allocation with this proof, by the least that the chain's nodes say; at most 20 s
   * old. 0 for one that proves nothing or runs out within a minute. Throws as {@link payerView} does.
   */
  async allocationCover(terms: PaymentTerms, payee: Address, proof: SumProof): Promise<bigint> {
    this.#assertHome(terms);
    const { root, limit, siblings } = contractProof(proof);
    const way = siblings.map(({ hash, sum, isLeft }) => [hash, sum, isLeft].join());
    const key = [terms.payer, terms.sessionKey, payee, root, limit, ...way].join().toLowerCase();
    const nodes = this.#second === undefined ? [this.client] : [this.client, this.#second];
    return this.#covers.read(key, () =>
      this.#read('read the collateral', () =>
        readAllocationCover(nodes, this.config.pool, terms, payee, proof, this.#clock.now()),
      ),
    );
  }

  /** Forgets all cached views; after a redemption they are wrong. */
  forgetViews(): void {
    this.#views.clear();
    this.#covers.clear();
  }

  /** Address that signed this voucher for this chain and pool; throws `payment/bad-signature`. */
  async voucherSigner(terms: PaymentTerms, voucher: SignedVoucher): Promise<Address> {
    this.#assertHome(terms);
    return this.#crypto.signerOf(terms, voucher);
  }

  /** Tokens on an account, outside the pool. */
  tokenBalance(account: Address): Promise<bigint> {
    return this.#read('read the balance', () =>
      this.client.readContract({
        address: this.config.token,
        abi: TOKEN_ABI,
        functionName: 'balanceOf',
        args: [plainAddress(account)],
      }),
    );
  }

  /** Native coin on an account, which pays for gas. */
  nativeBalance(account: Address): Promise<bigint> {
    return this.#read('read the balance', () => this.client.getBalance({ address: plainAddress(account) }));
  }

  /** A payer's deposit in the pool. */
  async deposit(payer: Address): Promise<DepositState> {
    const [balance, locked, thawing, thawEndsAt] = await this.#read('read the deposit', () =>
      this.client.readContract({
        address: this.config.pool,
        abi: POOL_ABI,
        functionName: 'accounts',
        args: [plainAddress(payer)],
      }),
    );
    return { balance, locked, thawing, ...(thawing === 0n ? {} : { thawEndsAtMs: thawEndsAt * 1_000 }) };
  }

  /** A session key of a payer; all zero when it was never authorised. */
  async sessionKey(payer: Address, signer: Address): Promise<KeyState> {
    const [cap, spent, redeemed, highestIssued, expiry] = await this.#read('read the session key', () =>
      this.client.readContract({
        address: this.config.pool,
        abi: POOL_ABI,
        functionName: 'sessionKeys',
        args: [plainAddress(payer), plainAddress(signer)],
      }),
    );
    return { cap, spent, redeemed, highestIssued, expiresAtMs: expiry * 1_000 };
  }

  /** What the pool's constructor fixed; throws `wallet/wrong-pool` when the configured token is not the pool's. */
  async facts(): Promise<PoolFacts> {
    const address = this.config.pool;
    const [token, thaw, depositCeiling] = await this.#read('read the pool', () =>
      Promise.all([
        this.client.readContract({ address, abi: POOL_ABI, functionName: 'token' }),
        this.client.readContract({ address, abi: POOL_ABI, functionName: 'THAW' }),
        this.client.readContract({ address, abi: POOL_ABI, functionName: 'DEPOSIT_CEILING' }),
      ]),
    );
    if (!isSameAddress(token, this.config.token)) {
      throw new KilnError('wallet/wrong-pool', 'The configured pool is for another token.', {
        data: { token, configured: this.config.token },
        hint: 'Correct the chain section of network.json.',
      });
    }
    return { token, thawMs: thaw * 1_000, depositCeiling };
  }

  #readView(terms: PaymentTerms, payee: Address): Promise<PayerStanding> {
    const source = { pool: this.config.pool, client: this.client };
    const nowMs = this.#clock.now();
    return this.#read('read the payer’s deposit', () =>
      readStanding(
        this.#second === undefined ? source : { ...source, second: this.#second },
        terms,
        payee,
        nowMs,
      ),
    );
  }

  #assertHome(terms: PaymentTerms): void {
    if (terms.chainId === this.config.id && isSameAddress(terms.pool, this.config.pool)) return;
    throw new KilnError(
      'wallet/wrong-pool',
      'These terms name another chain or pool than this network uses.',
      {
        data: { chainId: terms.chainId, pool: terms.pool },
        hint: 'Refuse the agreement.',
      },
    );
  }

  async #read<T>(action: string, job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (thrown) {
      throw toChainError(thrown, action);
    }
  }
}
