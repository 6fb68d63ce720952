import type { PublicClient } from 'viem';
import { KilnError } from '../../base/errors.ts';
import { MIN_KEY_LIFE_MS, type PayerStanding } from '../../payment/voucher/acceptance.ts';
import { plainAddress } from '../../payment/voucher/voucher.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import type { Address } from '../../protocol/primitives.ts';
import { POOL_ABI } from '../chain/chain.ts';
import { MAX_BLOCK_LAG } from '../constants.ts';

/** The nodes that are asked about one payer. */
export interface StandingSource {
  readonly pool: Address;
  readonly client: PublicClient;
  /** Believed only together with the first. */
  readonly second?: PublicClient;
}

/**
 * What the chain says of a payer and its session key, as this payee needs it. Two nodes are asked about the same block
 * and have to say the same; throws `wallet/nodes-disagree` naming what differs, and what viem throws.
 */
export async function readStanding(
  source: StandingSource,
  terms: PaymentTerms,
  payee: Address,
  nowMs: number,
): Promise<PayerStanding> {
  const { client, second } = source;
  if (second === undefined) return readAt(source, client, terms, payee, nowMs);
  const [ours, theirs] = await Promise.all([newestBlock(client), newestBlock(second)]);
  const lag = ours > theirs ? ours - theirs : theirs - ours;
  if (lag > MAX_BLOCK_LAG) throw disagreement(`one is ${lag} blocks behind the other`);
  const block = ours < theirs ? ours : theirs;
  const [first, other] = await Promise.all(
    [client, second].map((node) => readAt(source, node, terms, payee, nowMs, block)),
  );
  const different = Object.entries(first!).filter(
    ([name, value]) => other![name as keyof PayerStanding] !== value,
  );
  if (different.length === 0) return first!;
  throw disagreement(`at block ${block} they differ in ${different.map(([name]) => name).join(', ')}`);
}

async function readAt(
  { pool }: StandingSource,
  client: PublicClient,
  terms: PaymentTerms,
  payee: Address,
  nowMs: number,
  blockNumber?: bigint,
): Promise<PayerStanding> {
  const state = await client.readContract({
    address: pool,
    abi: POOL_ABI,
    functionName: 'payerState',
    args: [plainAddress(terms.payer), plainAddress(terms.sessionKey), plainAddress(payee)],
    ...(blockNumber === undefined ? {} : { blockNumber }),
  });
  const isLasting = state.reservedUntil * 1_000 - nowMs >= MIN_KEY_LIFE_MS;
  return {
    free: state.balance - state.locked - state.thawing,
    cap: state.cap,
    spent: state.spent,
    redeemed: state.redeemed,
    highestIssued: state.highestIssued,
    claimed: state.claimed,
    collateral: isLasting ? state.reserved : 0n,
    expiresAtMs: state.expiry * 1_000,
    isEquivocated: state.isEquivocated,
    readAtMs: nowMs,
  };
}

function newestBlock(client: PublicClient): Promise<bigint> {
  return client.getBlockNumber({ cacheTime: 0 });
}

function disagreement(how: string): KilnError {
  return new KilnError(
    'wallet/nodes-disagree',
    `The two nodes of this chain contradict each other: ${how}.`,
    {
      data: { how },
      hint: 'Wait a moment; if it goes on, one of the nodes in network.json is broken or lies.',
    },
  );
}
