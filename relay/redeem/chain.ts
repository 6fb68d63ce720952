import { type Abi, encodeFunctionData, type Hex, keccak256, type TransactionReceipt } from 'viem';
import { TransactionNotFoundError, TransactionReceiptNotFoundError } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { KilnError } from '../../src/base/errors.ts';
import { systemClock } from '../../src/base/time.ts';
import type { GasPrices } from '../../src/payment/redemption/redemption.ts';
import { plainAddress } from '../../src/payment/voucher/voucher.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import { toChainError } from '../../src/wallet/chain/chain-error.ts';
import { type ChainConfig, POOL_ABI } from '../../src/wallet/chain/chain.ts';
import { readGasPrices } from '../../src/wallet/chain/gas-prices.ts';
import { PoolReader } from '../../src/wallet/pool/pool-reader.ts';
import { REASONS, type SkipReason } from '../../src/wallet/voucher/redeem.ts';
import type { AllocationProof } from '../../src/protocol/allocation.ts';
import type { SignedVoucher } from '../../src/protocol/work.ts';
import type { RedeemCall } from '../../src/wallet/voucher/redeem-call.ts';
import { GAS_MARGIN_PERCENT } from './limits.ts';

/** What a row of a redemption would pay, or why nothing. */
export interface TrialRow {
  readonly paid: bigint;
  readonly skipped?: SkipReason;
}

/** What one unit of gas costs now, in wei. */
export interface Fees {
  /** The newest block's base fee and the usual tip: what would be paid now. */
  readonly price: bigint;
  readonly tip: bigint;
}

/** A transaction before it is signed; `nonce` makes sure that only one of its kind is ever carried out. */
export interface Draft {
  readonly nonce: number;
  readonly data: Hex;
  readonly gas: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** The chain as a redeeming relay sees it: every failure is a KilnError without the node's address in it. */
export class RedeemChain {
  readonly reader: PoolReader;
  readonly #account: PrivateKeyAccount;

  /** @param privateKey of the account that pays for gas; never shown */
  constructor(config: ChainConfig, privateKey: Hex) {
    this.reader = new PoolReader(config, systemClock);
    this.#account = privateKeyToAccount(privateKey);
  }

  get config(): ChainConfig {
    return this.reader.config;
  }

  get address(): Address {
    return this.#account.address;
  }

  /** Throws `relay/wrong-chain` or `wallet/wrong-pool` unless the node, the pool and the token belong together. */
  async assertHome(): Promise<void> {
    const id = await this.#ask('read the chain', () => this.reader.client.getChainId());
    if (id !== this.config.id) {
      throw new KilnError('relay/wrong-chain', 'The node is on another chain than the network file says.', {
        data: { node: id, configured: this.config.id },
        hint: 'Correct rpcUrl or id in the chain section of the network file.',
      });
    }
    await this.reader.facts();
  }

  /** What the pool knows of a payer, its session key and this payee. */
  payerState(payer: Address, signer: Address, payee: Address) {
    const args = [plainAddress(payer), plainAddress(signer), plainAddress(payee)] as const;
    return this.#ask('read the payer’s deposit', () =>
      this.reader.client.readContract({
        address: this.config.pool,
        abi: POOL_ABI,
        functionName: 'payerState',
        args,
      }),
    );
  }

  /** What a payee can draw from an allocation now; 0 when the proof is wrong or late. */
  allocationCover(voucher: SignedVoucher, signer: Address, proof: AllocationProof): Promise<bigint> {
    const { id: chainId, pool } = this.config;
    const terms = { chainId, pool, payer: voucher.payer, sessionKey: signer };
    return this.reader.allocationCover(terms, voucher.payee as Address, proof);
  }

  /** The nonce that the next order of an account must have. */
  orderNonce(account: Address): Promise<bigint> {
    return this.#ask('read the nonce', () =>
      this.reader.client.readContract({
        address: this.config.pool,
        abi: POOL_ABI,
        functionName: 'nonces',
        args: [plainAddress(account)],
      }),
    );
  }

  /** Carries a redemption out without sending it. Throws what the contract would revert with. */
  async tryCall(call: RedeemCall): Promise<TrialRow[]> {
    const { result } = await this.#ask('redeem the vouchers', () =>
      this.reader.client.simulateContract({
        address: this.config.pool,
        abi: POOL_ABI as Abi,
        functionName: call.functionName,
        args: [...call.args],
        account: this.#account.address,
        blockTag: 'pending',
      }),
    );
    return (result as { paid: bigint; reason: number }[]).map(({ paid, reason }) => {
      const skipped = REASONS[reason];
      return skipped === undefined ? { paid } : { paid, skipped };
    });
  }

  /** The call's data and the gas that it may use. */
  async prepare(call: RedeemCall): Promise<{ readonly data: Hex; readonly gas: bigint }> {
    const data = encodeFunctionData({
      abi: POOL_ABI as Abi,
      functionName: call.functionName,
      args: [...call.args],
    });
    const gas = await this.#ask('redeem the vouchers', () =>
      this.reader.client.estimateGas({ account: this.#account.address, to: this.config.pool, data }),
    );
    return { data, gas: (gas * GAS_MARGIN_PERCENT) / 100n };
  }

  /** Reads what gas costs now. */
  fees(): Promise<Fees> {
    return this.#ask('read the gas price', async () => {
      const [block, tip] = await Promise.all([
        this.reader.client.getBlock({ blockTag: 'latest' }),
        this.reader.client.estimateMaxPriorityFeePerGas(),
      ]);
      return { price: (block.baseFeePerGas ?? 0n) + tip, tip };
    });
  }

  /** What gas costs now, in the token. */
  gasPrices(): Promise<GasPrices> {
    return readGasPrices(this.reader);
  }

  /** How many transactions of this relay's account blocks have, and the node knows of. */
  async nonces(): Promise<{ readonly mined: number; readonly known: number }> {
    const { client } = this.reader;
    const address = this.#account.address;
    const [mined, known] = await this.#ask('read the nonce', () =>
      Promise.all([
        client.getTransactionCount({ address, blockTag: 'latest' }),
        client.getTransactionCount({ address, blockTag: 'pending' }),
      ]),
    );
    return { mined, known };
  }

  /** Throws `wallet/no-gas` when the account holds less native coin than this. */
  async assertFunds(wei: bigint): Promise<void> {
    const balance = await this.reader.nativeBalance(this.#account.address);
    if (balance >= wei) return;
    throw new KilnError('wallet/no-gas', 'The relay’s account has too little native coin.', {
      data: { account: this.#account.address, balance: `${balance}`, needed: `${wei}` },
      hint: 'Send it some; it pays for the gas of redemptions.',
    });
  }

  /** The transaction as the chain takes it, and its hash. */
  async sign(draft: Draft): Promise<{ readonly raw: Hex; readonly hash: Hex }> {
    const raw = await this.#account.signTransaction({
      ...draft,
      type: 'eip1559',
      chainId: this.config.id,
      to: this.config.pool,
    });
    return { raw, hash: keccak256(raw) };
  }

  /** Sends a signed transaction; resolves once the node has it. */
  broadcast(raw: Hex): Promise<Hex> {
    return this.#ask('send the redemption', () =>
      this.reader.client.sendRawTransaction({ serializedTransaction: raw }),
    );
  }

  /** Does the node still know this transaction, mined or not? */
  async isKnown(hash: Hex): Promise<boolean> {
    return this.#ask('look a transaction up', () =>
      this.reader.client.getTransaction({ hash }).then(
        () => true,
        (thrown: unknown) => {
          if (thrown instanceof TransactionNotFoundError) return false;
          throw thrown;
        },
      ),
    );
  }

  /** The receipt of a mined transaction with the number of blocks on top of it. */
  async receipt(hash: Hex): Promise<{ receipt: TransactionReceipt; confirmations: bigint } | undefined> {
    return this.#ask('look a transaction up', async () => {
      try {
        const receipt = await this.reader.client.getTransactionReceipt({ hash });
        const head = await this.reader.client.getBlockNumber({ cacheTime: 0 });
        return { receipt, confirmations: head - receipt.blockNumber };
      } catch (thrown) {
        if (thrown instanceof TransactionReceiptNotFoundError) return undefined;
        throw thrown;
      }
    });
  }

  async #ask<T>(action: string, job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (thrown) {
      throw toChainError(thrown, action);
    }
  }
}
