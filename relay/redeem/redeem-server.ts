import { KilnError, toKilnError } from '../../src/base/errors.ts';
import type { Clock } from '../../src/base/time.ts';
import { TokenBuckets } from '../../src/network/token-bucket.ts';
import { type FrameStream, listenerChannel } from '../../src/protocol/channel.ts';
import { MAX_REASON_CHARS } from '../../src/protocol/constants.ts';
import {
  type HandOver,
  REDEEM,
  type RedeemAnswer,
  type RedeemRelayChannel,
  type RedeemRequest,
} from '../../src/protocol/redeem.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import type { RedeemChain } from './chain.ts';
import type { Gate } from './gate.ts';
import { WRITE_BURST_PER_PAYEE, WRITES_PER_PAYEE_PER_SECOND } from './limits.ts';
import type { RedeemMetrics } from './metrics.ts';
import type { RedeemQueue } from './queue.ts';

/** What answers hand-overs. */
export interface RedeemServerInit {
  readonly chain: RedeemChain;
  readonly gate: Gate;
  readonly queue: RedeemQueue;
  readonly metrics: RedeemMetrics;
  readonly clock: Clock;
  /** Called once something new is in the queue. */
  readonly onQueued: (payee: Address) => void;
}

/** Answers one peer's stream after another; what it calls accepted is on the disk. */
export class RedeemServer {
  readonly #init: RedeemServerInit;
  readonly #writes: TokenBuckets;

  constructor(init: RedeemServerInit) {
    this.#init = init;
    this.#writes = new TokenBuckets(init.clock, WRITES_PER_PAYEE_PER_SECOND, WRITE_BURST_PER_PAYEE);
  }

  /** Answers this stream until it ends. */
  async serve(stream: FrameStream): Promise<void> {
    const channel: RedeemRelayChannel = listenerChannel(REDEEM, stream);
    try {
      for await (const request of channel.messages) {
        await channel.send(await this.#answer(stream.peer, request));
      }
      await channel.close();
    } catch (thrown) {
      const error = toKilnError(thrown);
      // Malformed or too large: the stream ends there.
      if (error.code.startsWith('protocol/')) this.#init.metrics.refuse(error.code);
      channel.abort(error);
    }
  }

  async #answer(peer: string, request: RedeemRequest): Promise<RedeemAnswer> {
    const { id } = request;
    try {
      return request.type === 'ask-terms' ? await this.#terms(id) : await this.#take(peer, request);
    } catch (thrown) {
      const error = toKilnError(thrown, 'redeem/refused');
      this.#init.metrics.refuse(error.code);
      return { type: 'refused', id, code: error.code.slice(0, 60), reason: sentence(error) };
    }
  }

  async #terms(id: number): Promise<RedeemAnswer> {
    const { chain, gate } = this.#init;
    const { id: chainId, pool, token } = chain.config;
    const [fee, minimum] = await Promise.all([gate.fee(), gate.minimum(1)]);
    return { type: 'terms', id, chainId, pool, token, fee, minimum };
  }

  async #take(peer: string, message: HandOver): Promise<RedeemAnswer> {
    const { gate, queue, metrics, onQueued } = this.#init;
    const { payee, judged } = await gate.judge(peer, message);
    const taken = judged.flatMap((one) => ('held' in one ? [one.held] : []));
    if (taken.length > 0 && !this.#writes.take(payee)) {
      throw new KilnError('redeem/too-often', 'Vouchers of this payee come too often.', {
        hint: 'Keep the newest one and come again in a minute.',
      });
    }
    const isNew = taken.length === 0 ? [] : await queue.add(payee, taken, message.payout);
    let next = 0;
    const entries = judged.map((one) => {
      if ('code' in one) {
        metrics.refuse(one.code);
        return { outcome: 'refused' as const, code: one.code };
      }
      return { outcome: isNew[next++] === true ? ('queued' as const) : ('known' as const) };
    });
    metrics.accepted += isNew.filter(Boolean).length;
    if (isNew.includes(true) || (isNew.length > 0 && message.payout !== undefined)) onQueued(payee);
    return { type: 'accepted', id: message.id, entries };
  }
}

/** What a stranger is told: our own words, never those of the chain's node. */
function sentence({ code, message, hint }: KilnError): string {
  if (!/^(redeem|payment)\//.test(code))
    return 'The relay could not ask the chain just now. Try again later.';
  return (hint === undefined ? message : `${message} ${hint}`).slice(0, MAX_REASON_CHARS);
}
