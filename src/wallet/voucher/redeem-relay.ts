import type { Abi } from 'viem';
import { fromHex, ownBytes } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import { type Clock, within } from '../../base/time.ts';
import { orderTypedData } from '../../payment/voucher/orders.ts';
import { plainAddress } from '../../payment/voucher/voucher.ts';
import { type Channel, dialerChannel, type FrameStream } from '../../protocol/channel.ts';
import { MAX_HANDED_VOUCHERS } from '../../protocol/constants.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import {
  type HandOver,
  REDEEM,
  type RedeemAnswer,
  type RedeemRequest,
  type SignedPayout,
} from '../../protocol/redeem.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import type { WalletAccount } from '../account/account.ts';
import { toChainError } from '../chain/chain-error.ts';
import { POOL_ABI } from '../chain/chain.ts';
import { MAX_FEE_PERCENT, PAYOUT_LIFE_MS, RELAY_ANSWER_MS } from '../constants.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import { type CoveredVoucher, redeemCall } from './redeem-call.ts';
import type { TransactOptions } from '../chain/transact.ts';

/** What a redeeming relay asks for; amounts in the token's smallest unit. */
export interface RelayTerms {
  /** For each voucher and once for the payout; 0 when its operator pays. */
  readonly fee: bigint;
  /** Least that the vouchers of one payee must be worth together, now. */
  readonly minimum: bigint;
}

/** What became of one voucher. */
export interface HandedOver {
  readonly voucher: SignedVoucher;
  /** `queued` and `known`: the relay has it on its disk and redeems it when it can. `kept`: it has not. */
  readonly outcome: 'queued' | 'known' | 'kept';
  /** Why it is kept: the relay's refusal, or ours. */
  readonly code?: string;
}

/** What {@link RedeemRelay} needs. */
export interface RedeemRelayInit {
  readonly reader: PoolReader;
  readonly clock: Clock;
  /** Opens a stream of {@link REDEEM} to the relay. */
  readonly open: (signal: AbortSignal) => Promise<FrameStream>;
}

/** One stream: requests out, answers in. */
interface Link {
  readonly channel: Channel<RedeemRequest, RedeemAnswer>;
  readonly answers: AsyncIterator<RedeemAnswer>;
}
type Body = RedeemRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

/**
 * A relay that redeems for payees without native coin. What it took is still the payee's voucher: keep it until the
 * chain shows that it was paid.
 *
 * @example
 * const relay = new RedeemRelay({ reader, clock, open: (signal) => network.openStream(REDEEM, address, signal) });
 * const handed = await relay.handOver(vouchers, account);
 */
export class RedeemRelay {
  readonly #init: RedeemRelayInit;

  constructor(init: RedeemRelayInit) {
    this.#init = init;
  }

  /** What the relay asks for. Throws `wallet/wrong-relay` when it serves another chain, pool or token. */
  terms(signal?: AbortSignal): Promise<RelayTerms> {
    return this.#talk(signal, (link) => this.#askTerms(link));
  }

  /**
   * Hands the newest vouchers over, with a signed payout where the relay asks for a fee: then only the account's own
   * can go, and only if the fee is at most a tenth of what they pay.
   */
  handOver(
    vouchers: readonly CoveredVoucher[],
    account?: Pick<WalletAccount, 'address' | 'signTypedData'>,
    options: TransactOptions = {},
  ): Promise<HandedOver[]> {
    return this.#talk(options.signal, async (link) => {
      const terms = await this.#askTerms(link);
      const handed: HandedOver[] = [];
      for (const group of byPayee(vouchers)) {
        options.onStep?.(`Handing ${group.length} vouchers to the relay`);
        const payee = plainAddress(group[0]!.voucher.payee);
        if (terms.fee === 0n) {
          for (let at = 0; at < group.length; at += MAX_HANDED_VOUCHERS) {
            handed.push(...(await this.#give(link, group.slice(at, at + MAX_HANDED_VOUCHERS))));
          }
        } else if (account !== undefined && isSameAddress(account.address, payee)) {
          handed.push(...(await this.#giveWithFee(link, group, account, terms)));
        } else handed.push(...keep(group, 'wallet/not-the-payee'));
      }
      return handed;
    });
  }

  async #giveWithFee(
    link: Link,
    group: readonly CoveredVoucher[],
    account: Pick<WalletAccount, 'address' | 'signTypedData'>,
    terms: RelayTerms,
  ): Promise<HandedOver[]> {
    const payee = plainAddress(account.address);
    const first = group.slice(0, MAX_HANDED_VOUCHERS);
    const { credit, nonce, paid } = await this.#look(payee, first);
    const paying = first.filter((_, i) => paid[i]! > 0n);
    const unpaid = first.filter((_, i) => paid[i]! === 0n);
    const later = group.slice(MAX_HANDED_VOUCHERS);
    // A payout's nonce is used once: what does not fit, or pays nothing now, waits for the next time.
    const rest = [...keep(unpaid, 'wallet/pays-nothing'), ...keep(later, 'wallet/next-time')];
    if (paying.length === 0) return rest;
    const amount = credit + paid.reduce((sum, one) => sum + one, 0n);
    const fee = terms.fee * BigInt(paying.length + 1);
    if (fee * 100n > amount * MAX_FEE_PERCENT) return [...keep(paying, 'wallet/fee-too-high'), ...rest];
    const deadline = Math.floor((this.#init.clock.now() + PAYOUT_LIFE_MS) / 1_000);
    const order = { payee, to: payee, amount, fee, nonce, deadline };
    const { id: chainId, pool } = this.#init.reader.config;
    const typed = orderTypedData({ chainId, pool }, 'Payout', order);
    const signature = fromHex(await account.signTypedData(typed, 'pay a relay for redeeming'));
    return [...(await this.#give(link, paying, { ...order, signature })), ...rest];
  }

  /** The payee's credit and next nonce, and what each voucher would pay now. */
  async #look(payee: Address, vouchers: readonly CoveredVoucher[]) {
    const { client, config } = this.#init.reader;
    const read = { address: config.pool, abi: POOL_ABI, args: [payee] } as const;
    const call = redeemCall(vouchers);
    try {
      const [credit, nonce, { result }] = await Promise.all([
        client.readContract({ ...read, functionName: 'credit' }),
        client.readContract({ ...read, functionName: 'nonces' }),
        client.simulateContract({
          address: config.pool,
          abi: POOL_ABI as Abi,
          functionName: call.functionName,
          args: [...call.args],
          account: payee,
          blockTag: 'pending',
        }),
      ]);
      return { credit, nonce, paid: (result as { paid: bigint }[]).map((row) => row.paid) };
    } catch (thrown) {
      throw toChainError(thrown, 'look at what the vouchers pay');
    }
  }

  async #give(link: Link, vouchers: readonly CoveredVoucher[], payout?: SignedPayout): Promise<HandedOver[]> {
    const { id: chainId, pool } = this.#init.reader.config;
    const answer = await ask(link, {
      type: 'hand-over',
      chainId,
      pool,
      vouchers: vouchers.map(wireVoucher),
      ...(payout === undefined ? {} : { payout }),
    });
    if (answer.type === 'refused') return keep(vouchers, answer.code);
    if (answer.type !== 'accepted' || answer.entries.length !== vouchers.length) throw unexpected();
    return answer.entries.map(({ outcome, code = 'redeem/refused' }, i) => {
      const { voucher } = vouchers[i]!;
      return outcome === 'refused' ? { voucher, outcome: 'kept', code } : { voucher, outcome };
    });
  }

  async #askTerms(link: Link): Promise<RelayTerms> {
    const answer = await ask(link, { type: 'ask-terms' });
    if (answer.type === 'refused') throw new KilnError(answer.code, answer.reason);
    if (answer.type !== 'terms') throw unexpected();
    const { config } = this.#init.reader;
    const isHome =
      answer.chainId === config.id &&
      isSameAddress(answer.pool, config.pool) &&
      isSameAddress(answer.token, config.token);
    if (isHome) return { fee: answer.fee, minimum: answer.minimum };
    throw new KilnError('wallet/wrong-relay', 'This relay redeems from another chain or pool.', {
      data: { chainId: answer.chainId, pool: answer.pool },
      hint: 'Correct redeemRelay in network.json.',
    });
  }

  #talk<T>(signal: AbortSignal | undefined, talk: (link: Link) => Promise<T>): Promise<T> {
    const { clock, open } = this.#init;
    return within(clock, RELAY_ANSWER_MS, signal, async (stop) => {
      const stream = await open(stop);
      const onStop = () => stream.abort(new KilnError('base/aborted', 'Stopped before the relay answered.'));
      stop.addEventListener('abort', onStop, { once: true });
      try {
        const channel = dialerChannel(REDEEM, stream);
        return await talk({ channel, answers: channel.messages[Symbol.asyncIterator]() });
      } finally {
        stop.removeEventListener('abort', onStop);
        await stream.close().catch(() => {});
      }
    });
  }
}

/** One request at a time: the next message is its answer. */
async function ask(link: Link, body: Body): Promise<RedeemAnswer> {
  await link.channel.send({ ...body, id: 0 });
  const next = await link.answers.next();
  if (next.done === true) throw unexpected();
  return next.value;
}

/** Vouchers by payee, those that promise most first. */
function byPayee(vouchers: readonly CoveredVoucher[]): CoveredVoucher[][] {
  const sorted = vouchers.toSorted((a, b) => Number(b.voucher.amount - a.voucher.amount));
  return [...Map.groupBy(sorted, ({ voucher }) => plainAddress(voucher.payee)).values()];
}

function wireVoucher({ voucher, proof }: CoveredVoucher): HandOver['vouchers'][number] {
  if (proof === undefined) return { voucher };
  const siblings = proof.siblings.map(({ hash, sum, isLeft }) => ({ hash: ownBytes(hash), sum, isLeft }));
  return { voucher, proof: { root: ownBytes(proof.root), limit: proof.limit, siblings } };
}

function keep(vouchers: readonly CoveredVoucher[], code: string): HandedOver[] {
  return vouchers.map(({ voucher }) => ({ voucher, outcome: 'kept', code }));
}

function unexpected(): KilnError {
  return new KilnError('wallet/relay-misbehaves', 'The relay did not answer as a redeeming relay does.', {
    hint: 'Try again later; the vouchers are still here.',
  });
}
