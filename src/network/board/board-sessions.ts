import { hasCode, toKilnError } from '../../base/errors.ts';
import { Scope } from '../../base/scope.ts';
import { type Clock, sleep } from '../../base/time.ts';
import { type Demand, type Offer, openDemand, openOffer } from '../../protocol/announce.ts';
import { BOARD, type BoardAnswer } from '../../protocol/board.ts';
import { encodeEnvelope, type Envelope, type Opened } from '../../protocol/envelope.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import { BoardLink } from './board-link.ts';
import type { RelayLink, RelayLinks } from '../relays/relay-links.ts';
import type { Streams } from '../streams/streams.ts';

/** Pause before a board stream that ended on a living connection is opened again. */
const REOPEN_MS = 1_000;

/** Where what comes from boards goes. */
export interface BoardNews {
  onOffer(offer: Opened<Offer>): void;
  onDemand(demand: Opened<Demand>): void;
  onOfferRemoved(provider: PeerId): void;
  /** The relay behind this link is silent: its connection is worth nothing. */
  onSilent(relay: PeerId): void;
}

/** A board stream to every connected relay, with this tab's offer kept on each. */
export class BoardSessions implements AsyncDisposable {
  readonly #streams: Streams;
  readonly #clock: Clock;
  readonly #news: BoardNews;
  readonly #links = new Map<PeerId, BoardLink>();
  readonly #running = new Set<PeerId>();
  readonly #scope = new Scope();
  #connected: ReadonlySet<PeerId> = new Set();
  #offer: Envelope | undefined;

  constructor(relays: RelayLinks, streams: Streams, clock: Clock, news: BoardNews) {
    this.#streams = streams;
    this.#clock = clock;
    this.#news = news;
    this.#scope.add(relays.links.subscribe((links) => this.#follow(links)));
    this.#scope.add(() => Promise.all([...this.#links.values()].map((link) => link.close())));
  }

  /** Round trip to the nearest relay, in milliseconds; undefined while none has answered. */
  get latencyMs(): number | undefined {
    const known = [...this.#links.values()].flatMap(({ latencyMs }) => latencyMs ?? []);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** Puts the offer on every connected board now, and on every one that is connected later. */
  async putOffer(offer: Envelope): Promise<void> {
    this.#offer = offer;
    await this.#onAll(async (link) => {
      try {
        await link.putOffer(offer);
      } catch (error) {
        // A newer one overtook it.
        if (this.#offer === offer || !hasCode(error, 'board/stale')) throw error;
      }
    });
  }

  /** Takes the offer off every board. */
  async removeOffer(): Promise<void> {
    this.#offer = undefined;
    await this.#onAll((link) => link.removeOffer());
  }

  /** Asks all boards for demands of a kind; they arrive as news. */
  async queryDemands(kind: JobKind): Promise<void> {
    await Promise.allSettled(
      [...this.#links.values()].map(async (link) => {
        for await (const entry of link.query('demands', kind)) await this.#onDemand(entry);
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }

  /** One relay that took it is enough; when all refuse, the first reason is thrown. */
  async #onAll(act: (link: BoardLink) => Promise<void>): Promise<void> {
    const outcomes = await Promise.allSettled([...this.#links.values()].map(act));
    const refusal = outcomes.find((outcome) => outcome.status === 'rejected');
    if (refusal === undefined || outcomes.some(({ status }) => status === 'fulfilled')) return;
    const error = toKilnError(refusal.reason);
    // A link that broke is being opened again, and brings the offer along.
    if (!['board/closed', 'board/silent', 'network/stream-broken'].includes(error.code)) throw error;
  }

  #follow(links: readonly RelayLink[]): void {
    this.#connected = new Set(links.filter(({ isConnected }) => isConnected).map(({ peer }) => peer));
    for (const relay of this.#connected) if (!this.#running.has(relay)) void this.#run(relay);
  }

  async #run(relay: PeerId): Promise<void> {
    this.#running.add(relay);
    while (this.#connected.has(relay) && !this.#scope.isClosed) {
      try {
        await this.#session(relay);
      } catch (thrown) {
        const error = toKilnError(thrown);
        if (error.code === 'board/silent') this.#news.onSilent(relay);
      }
      if (this.#connected.has(relay)) await sleep(this.#clock, REOPEN_MS, this.#scope.signal).catch(() => {});
    }
    this.#running.delete(relay);
  }

  async #session(relay: PeerId): Promise<void> {
    const stream = await this.#streams.open(BOARD, { peer: relay, addresses: [] }, this.#scope.signal);
    const link = new BoardLink(stream, this.#clock, (change) => void this.#onChanged(change));
    this.#links.set(relay, link);
    try {
      if (this.#offer !== undefined) await link.putOffer(this.#offer).catch(() => {});
      await link.subscribe('offers');
      await link.subscribe('demands');
      for await (const entry of link.query('demands')) await this.#onDemand(entry);
      for await (const entry of link.query('offers')) await this.#onOffer(entry);
      const ended = await link.closed;
      if (ended.code === 'board/silent') throw ended;
    } finally {
      if (this.#links.get(relay) === link) this.#links.delete(relay);
    }
  }

  async #onChanged(change: Extract<BoardAnswer, { type: 'changed' }>): Promise<void> {
    for (const entry of change.entries) {
      if (change.want === 'offers') await this.#onOffer(entry);
      else await this.#onDemand(entry);
    }
    if (change.want === 'offers') change.removed.forEach((peer) => this.#news.onOfferRemoved(peer));
  }

  /** Relays are not believed: what they hand out is opened here again, and dropped when it does not hold. */
  async #onOffer(entry: Envelope): Promise<void> {
    const opened = await openOffer(encodeEnvelope(entry), this.#clock.now()).catch(() => undefined);
    if (opened !== undefined) this.#news.onOffer(opened);
  }

  async #onDemand(entry: Envelope): Promise<void> {
    const opened = await openDemand(encodeEnvelope(entry), this.#clock.now()).catch(() => undefined);
    if (opened !== undefined) this.#news.onDemand(opened);
  }
}
