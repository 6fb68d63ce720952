import { join } from 'node:path';
import { toKilnError } from '../../src/base/errors.ts';
import type { Clock } from '../../src/base/time.ts';
import type { Streams } from '../../src/network/streams/streams.ts';
import { WORTH_REDEEMING } from '../../src/payment/redemption/redemption.ts';
import { nativeCoin } from '../../src/wallet/chain/chain.ts';
import { REDEEM } from '../../src/protocol/redeem.ts';
import { RedeemChain } from './chain.ts';
import { loadChain, loadKey, type RedeemOptions, type RedeemSecrets } from './config.ts';
import { Gate, type RedeemPrice } from './gate.ts';
import {
  CONFIRMATIONS,
  MAX_ROUND_RETRY_MS,
  MAX_WEI_PER_DAY,
  MAX_WEI_PER_GAS,
  ROUND_MS,
  ROUND_RETRY_MS,
  SETTLE_POLL_MS,
  STUCK_MS,
} from './limits.ts';
import { RedeemMetrics } from './metrics.ts';
import { RedeemQueue } from './queue.ts';
import { isWaiting, Redeemer } from './redeemer.ts';
import { RedeemServer } from './redeem-server.ts';
import { Sender } from './sender.ts';

/** A chain that is one process has no reorganisations. */
const LOCAL_CHAIN_ID = 31_337;

/** Redeeming that runs. */
export interface Redeeming {
  /** The account that pays for gas. */
  readonly account: string;
  /** Prometheus text. */
  metrics(): string;
  /** For `/healthz`. */
  summary(): object;
  stop(): Promise<void>;
}

/**
 * Lets a relay redeem for payees. Takes up the queue and the transaction of an earlier process.
 * Throws `relay/bad-redeem-…`, `relay/wrong-chain`, `wallet/wrong-pool`: then nothing is accepted.
 */
export async function startRedeeming(
  options: RedeemOptions,
  secrets: RedeemSecrets,
  streams: Streams,
  clock: Clock,
): Promise<Redeeming> {
  const config = await loadChain(options.networkFile, secrets);
  const chain = new RedeemChain(config, await loadKey(options.keyFile, secrets));
  await chain.assertHome();
  const fee = options.fee ?? 0n;
  const price: RedeemPrice = { fee, worth: options.worth ?? (fee > 0n ? 1n : WORTH_REDEEMING) };
  const queue = await RedeemQueue.open(join(options.folder, 'payees'));
  const usualBudget = MAX_WEI_PER_DAY[nativeCoin(config.id).symbol];
  const sender = await Sender.open(chain, options.folder, clock, {
    maxWeiPerGas: options.maxWeiPerGas ?? MAX_WEI_PER_GAS,
    maxWeiPerDay: options.maxWeiPerDay ?? (fee > 0n ? undefined : usualBudget),
    patienceMs: options.patienceMs ?? STUCK_MS,
    confirmations: config.id === LOCAL_CHAIN_ID ? 0n : CONFIRMATIONS,
  });
  const metrics = new RedeemMetrics();
  for (const name of queue.damaged) console.error(`A damaged file was set aside: ${name}.damaged`);

  const redeemer = new Redeemer({ chain, queue, sender, metrics, price, clock });
  const roundMs = options.roundMs ?? ROUND_MS;
  const rounds = repeatRounds(redeemer, sender, metrics, clock, { roundMs, rpcUrl: config.rpcUrl });
  const gate = new Gate(chain, price, clock);
  const server = new RedeemServer({
    chain,
    gate,
    queue,
    metrics,
    clock,
    onQueued: (payee) => redeemer.wake(payee),
  });
  const unhandle = await streams.handle(REDEEM, (stream) => void server.serve(stream));
  return {
    account: chain.address,
    metrics: () => metrics.text(queue.sizes),
    summary: () => metrics.summary(queue.sizes),
    async stop() {
      await unhandle();
      await rounds.stop();
    },
  };
}

/** Round after round: soon while a transaction is on its way, later and later while the node is away. */
function repeatRounds(
  redeemer: Redeemer,
  sender: Sender,
  metrics: RedeemMetrics,
  clock: Clock,
  { roundMs, rpcUrl }: { readonly roundMs: number; readonly rpcUrl: string },
): { stop(): Promise<void> } {
  let isStopped = false;
  let failures = 0;
  let cancel = () => {};
  let running: Promise<void> = Promise.resolve();
  const delayMs = () => {
    if (failures > 0) return Math.min(ROUND_RETRY_MS * 2 ** (failures - 1), MAX_ROUND_RETRY_MS);
    return sender.pending === undefined ? roundMs : Math.min(SETTLE_POLL_MS, roundMs);
  };
  const round = async () => {
    try {
      await redeemer.round();
      failures = 0;
    } catch (thrown) {
      const error = toKilnError(thrown, 'redeem/failed');
      metrics.fail(error, clock.now());
      if (isWaiting(error)) failures = 0;
      else {
        failures++;
        console.error(`Redeeming: ${error.code}: ${error.message.replaceAll(rpcUrl, 'the node')}`);
      }
    }
  };
  const arm = () => {
    cancel = clock.after(delayMs(), () => {
      running = round().then(() => {
        if (!isStopped) arm();
      });
    });
  };
  arm();
  return {
    async stop() {
      isStopped = true;
      cancel();
      await running;
    },
  };
}
