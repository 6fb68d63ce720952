import { type Hex, parseEventLogs, type RpcLog, toEventSelector } from 'viem';
import { formatLog } from 'viem/utils';
import { type Clock, every } from '../../base/time.ts';
import { KilnError } from '../../base/errors.ts';
import type { PayerAlarm } from '../../payment/redemption/payer-alarm.ts';
import { plainAddress } from '../../payment/voucher/voucher.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import { toChainError } from '../chain/chain-error.ts';
import { POOL_ABI } from '../chain/chain.ts';
import {
  MAX_LOG_BLOCKS,
  MAX_LOG_RANGES,
  MAX_LOGS,
  MAX_WATCHED_PAYERS,
  PAYER_WATCH_MS,
} from '../constants.ts';
import type { PoolReader } from './pool-reader.ts';

const EVENTS = ['ThawStarted', 'SignerRevoking', 'Shortfall', 'Equivocation'] as const;
/** First topics of those events. */
const SELECTORS: readonly Hex[] = POOL_ABI.filter(
  (entry) => entry.type === 'event' && (EVENTS as readonly string[]).includes(entry.name),
).map((entry) => toEventSelector(entry as Parameters<typeof toEventSelector>[0]));

/** What a watch works with. */
export interface PayerWatchInit {
  readonly reader: PoolReader;
  readonly clock: Clock;
  /** Whom this tab works for, or holds vouchers of; asked at every look. */
  readonly payers: () => Promise<readonly Address[]>;
  readonly onAlarm: (alarm: PayerAlarm) => void;
}

/**
 * Looks at the pool's events every few seconds for those after which a payer is no longer to be worked for. What was
 * before the watch began is in the payer's standing, which is read anyway.
 */
export class PayerWatch implements Disposable {
  readonly #init: PayerWatchInit;
  readonly #stop: () => void;
  /** First block that was not looked at. */
  #next: bigint | undefined;

  constructor(init: PayerWatchInit) {
    this.#init = init;
    // A node out of reach is told by the standings; the blocks are looked at later.
    this.#stop = every(
      init.clock,
      () => PAYER_WATCH_MS,
      () => this.look().catch(() => {}),
    );
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  /** Looks at the blocks since the last look, so many at once as nodes allow. Throws `wallet/…`. */
  async look(): Promise<void> {
    const { payers, reader } = this.#init;
    const watched = [...new Set((await payers()).map(plainAddress))].slice(-MAX_WATCHED_PAYERS);
    if (watched.length === 0) {
      this.#next = undefined;
      return;
    }
    try {
      const head = await reader.client.getBlockNumber({ cacheTime: 0 });
      let from = this.#next ?? head + 1n;
      this.#next = from;
      for (let range = 0; range < MAX_LOG_RANGES && from <= head; range++) {
        const end = from + MAX_LOG_BLOCKS;
        const alarms = await this.#read(watched, from, end <= head ? end - 1n : head);
        this.#next = from = end <= head ? end : head + 1n;
        for (const alarm of alarms) this.#init.onAlarm(alarm);
      }
    } catch (thrown) {
      throw toChainError(thrown, 'read the pool’s events');
    }
  }

  async #read(watched: readonly Address[], from: bigint, to: bigint): Promise<PayerAlarm[]> {
    const { client, config } = this.#init.reader;
    const logs = await client.request({
      method: 'eth_getLogs',
      params: [
        {
          address: config.pool,
          fromBlock: `0x${from.toString(16)}`,
          toBlock: `0x${to.toString(16)}`,
          topics: [[...SELECTORS], watched.map((payer): Hex => `0x${payer.slice(2).padStart(64, '0')}`)],
        },
      ],
    });
    if (logs.length > MAX_LOGS) {
      throw new KilnError('wallet/too-many-events', 'The node names more events than payers can cause.', {
        data: { events: logs.length },
        hint: 'Use another node in network.json.',
      });
    }
    return alarmsIn(logs, config.pool, watched);
  }
}

/** A node's answer is not believed to hold only what was asked for. */
function alarmsIn(logs: readonly RpcLog[], pool: Address, watched: readonly Address[]): PayerAlarm[] {
  const ours = logs.filter((log) => isSameAddress(log.address, pool)).map((log) => formatLog(log));
  const events = parseEventLogs({ abi: POOL_ABI, eventName: [...EVENTS], logs: ours });
  return events
    .map(({ eventName: event, args }): PayerAlarm => {
      const payer = plainAddress(args.payer);
      return 'signer' in args ? { event, payer, signer: plainAddress(args.signer) } : { event, payer };
    })
    .filter(({ payer }) => watched.includes(payer));
}
