import { KilnError, toKilnError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { type Clock, sleep, within } from '../../base/time.ts';
import { dialerChannel } from '../../protocol/channel.ts';
import { RESUME_WINDOW_MS } from '../../protocol/constants.ts';
import { Heartbeat } from '../../protocol/heartbeat.ts';
import { type ProviderWorkChannel, WORK, type WorkDown, type WorkUp } from '../../protocol/work.ts';
import {
  LAST_VOUCHERS_MS,
  RECONNECT_FIRST_MS,
  RECONNECT_MOST_MS,
  VISIT_OPENS_WITHIN_MS,
} from '../constants.ts';
import type { PeerAddress, ProviderNetwork } from '../slices.ts';
import { isFinal } from './is-final.ts';

/** What the stream works with. */
export interface WorkStreamInit {
  readonly requestor: PeerAddress;
  readonly network: ProviderNetwork;
  readonly clock: Clock;
  readonly random: Random;
  /** Fires when the agreement has ended: no stream is opened any more. */
  readonly ending: AbortSignal;
  /** Says what each new stream begins with. */
  readonly greet: (send: (message: WorkUp) => Promise<void>) => Promise<void>;
  readonly receive: (message: WorkDown) => void;
  readonly onState: (state: 'working' | 'broken') => void;
  /** Nothing will come of opening it again. */
  readonly onLost: (reason: string) => void;
}

/** The work stream of one agreement: kept open, opened again after a break for two minutes, watched for silence. */
export class WorkStream {
  readonly #init: WorkStreamInit;
  #channel: ProviderWorkChannel | undefined;
  #brokenAtMs: number | undefined;
  #waitMs = RECONNECT_FIRST_MS;
  /** Gives the stream that is open up in a while, so that what is on its way can still be read. */
  #abortSoon: ((error: KilnError) => void) | undefined;

  constructor(init: WorkStreamInit) {
    this.#init = init;
  }

  /** Keeps a stream open until the agreement ends. Never rejects. */
  async run(): Promise<void> {
    while (!this.#init.ending.aborted) await this.#connect();
  }

  /** Opens a stream once more after the end, for what was judged and paid meanwhile; it is given some seconds. */
  async visit(): Promise<void> {
    const { clock, network, requestor } = this.#init;
    const stream = await within(clock, VISIT_OPENS_WITHIN_MS, undefined, (signal) =>
      network.openStream(WORK, requestor, signal),
    );
    const serving = this.#serve(dialerChannel(WORK, stream));
    this.leave();
    await serving;
  }

  /** Sends if there is a stream. */
  send(message: WorkUp): void {
    const abortSoon = this.#abortSoon;
    this.#channel?.send(message).catch((error: unknown) => abortSoon?.(toKilnError(error)));
  }

  /** Breaks the stream that is open; another one follows while the agreement lasts. */
  abort(error: KilnError): void {
    this.#channel?.abort(error);
  }

  /** Gives the stream some seconds for the last vouchers and the receipt, then breaks it. */
  leave(): void {
    this.#abortSoon?.(new KilnError('work/ended', 'The agreement has ended.'));
  }

  /** Ends the stream politely, once everything has been said. */
  close(): void {
    void this.#channel?.close().catch(() => {});
  }

  /** One stream from its opening to its end, and the wait before the next. */
  async #connect(): Promise<void> {
    const { clock, random, network, requestor, ending, onState, onLost } = this.#init;
    try {
      await this.#serve(dialerChannel(WORK, await network.openStream(WORK, requestor, ending)));
    } catch (error) {
      const reason = toKilnError(error);
      if (isFinal(reason)) onLost(reason.message);
    }
    if (ending.aborted) return;
    this.#brokenAtMs ??= clock.now();
    if (clock.now() - this.#brokenAtMs > RESUME_WINDOW_MS)
      return onLost('The requestor has been out of reach for two minutes.');
    onState('broken');
    await sleep(clock, this.#waitMs * (0.75 + random() / 2), ending).catch(() => {});
    this.#waitMs = Math.min(this.#waitMs * 2, RECONNECT_MOST_MS);
  }

  async #serve(channel: ProviderWorkChannel): Promise<void> {
    const { clock, ending, greet, receive, onState } = this.#init;
    let cancelAbort: (() => void) | undefined;
    this.#abortSoon = (error) => {
      cancelAbort ??= clock.after(LAST_VOUCHERS_MS, () => channel.abort(error));
    };
    this.#channel = channel;
    const heartbeat = new Heartbeat(clock, {
      ping: (nonce) => this.send({ type: 'ping', nonce }),
      onSilence: () => channel.abort(new KilnError('work/silent', 'The requestor went silent.')),
    });
    try {
      await greet((message) => channel.send(message));
      if (!ending.aborted) onState('working');
      for await (const message of channel.messages) {
        heartbeat.heard();
        this.#brokenAtMs = undefined;
        this.#waitMs = RECONNECT_FIRST_MS;
        if (message.type === 'ping') this.send({ type: 'pong', nonce: message.nonce });
        else receive(message);
      }
    } finally {
      heartbeat.stop();
      cancelAbort?.();
      this.#abortSoon = undefined;
      this.#channel = undefined;
      void channel.close().catch(() => {});
    }
  }
}
