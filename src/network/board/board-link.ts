import { KilnError, toKilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import { BOARD, type BoardAnswer, type BoardRequest } from '../../protocol/board.ts';
import { type Channel, dialerChannel, type FrameStream } from '../../protocol/channel.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import type { JobKind } from '../../protocol/primitives.ts';

/** An answer that does not come within this time means that the relay is gone. */
const ANSWER_TIMEOUT_MS = 15_000;
/** A tab that was busy or asleep gets this much more to find the answer in its own queue. */
const GRACE_MS = 3_000;
/** How often a silent relay is asked whether it is still there. */
const PING_INTERVAL_MS = 15_000;
/** Entries a relay can make one tab look at for a single query. */
const MAX_QUERIED_ENTRIES = 2_000;
/** Round trips remembered per relay: some minutes of pings. */
const REMEMBERED_TRIPS = 16;

type Want = 'offers' | 'demands';
type RequestBody = BoardRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

/** One open board stream to one relay; also the heartbeat of the connection below it. */
export class BoardLink {
  readonly #channel: Channel<BoardRequest, BoardAnswer>;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, PromiseWithResolvers<BoardAnswer>>();
  readonly #onChanged: (change: Extract<BoardAnswer, { type: 'changed' }>) => void;
  readonly #tripsMs: number[] = [];
  #nextId = 1;
  #isClosed = false;
  #stopPing = () => {};
  /** Resolves, never rejects, with the reason when the link is over. */
  readonly closed: Promise<KilnError>;
  readonly #closed = Promise.withResolvers<KilnError>();

  constructor(
    stream: FrameStream,
    clock: Clock,
    onChanged: (change: Extract<BoardAnswer, { type: 'changed' }>) => void,
  ) {
    this.#channel = dialerChannel(BOARD, stream);
    this.#clock = clock;
    this.#onChanged = onChanged;
    this.closed = this.#closed.promise;
    void this.#read();
    this.#schedulePing();
  }

  /** Round trip to the relay, in milliseconds; undefined before its first answer. */
  get latencyMs(): number | undefined {
    return this.#tripsMs.length === 0 ? undefined : Math.min(...this.#tripsMs);
  }

  async putOffer(offer: Envelope): Promise<void> {
    await this.#ask({ type: 'put-offer', offer });
  }

  async removeOffer(): Promise<void> {
    await this.#ask({ type: 'remove-offer' });
  }

  /** From now on changes arrive at `onChanged`. */
  async subscribe(want: Want): Promise<void> {
    await this.#ask({ type: 'subscribe', want });
  }

  /** All entries, page by page. Nothing of them is verified yet. */
  async *query(want: Want, kind?: JobKind): AsyncGenerator<Envelope> {
    let cursor: number | undefined = 0;
    let count = 0;
    while (cursor !== undefined && count < MAX_QUERIED_ENTRIES) {
      const page: BoardAnswer = await this.#ask({
        type: 'query',
        want,
        cursor,
        ...(kind === undefined ? {} : { kind }),
      });
      if (page.type !== 'page') throw new KilnError('board/unexpected', 'The relay answered something else.');
      yield* page.entries;
      count += page.entries.length;
      cursor = page.next !== undefined && page.next > cursor ? page.next : undefined;
    }
  }

  close(): Promise<void> {
    this.#end(new KilnError('board/closed', 'The board link was closed.'));
    return this.#channel.close();
  }

  async #ask(body: RequestBody): Promise<BoardAnswer> {
    const id = this.#nextId++;
    const answer = Promise.withResolvers<BoardAnswer>();
    this.#waiting.set(id, answer);
    let stop = this.#clock.after(ANSWER_TIMEOUT_MS, () => {
      stop = this.#clock.after(GRACE_MS, () => this.#abort(silent()));
    });
    const askedAtMs = this.#clock.now();
    try {
      await this.#channel.send({ ...body, id } as BoardRequest);
      const message = await answer.promise;
      this.#note(this.#clock.now() - askedAtMs);
      if (message.type === 'refused') throw new KilnError(message.code, message.reason);
      return message;
    } finally {
      stop();
      this.#waiting.delete(id);
    }
  }

  /** Any answer is a round trip; the shortest of the last ones had the least to wait for at both ends. */
  #note(tookMs: number): void {
    this.#tripsMs.push(tookMs);
    if (this.#tripsMs.length > REMEMBERED_TRIPS) this.#tripsMs.shift();
  }

  async #read(): Promise<void> {
    try {
      for await (const message of this.#channel.messages) {
        if (message.type === 'changed') this.#onChanged(message);
        else this.#waiting.get(message.id)?.resolve(message);
      }
      this.#end(new KilnError('board/closed', 'The relay ended the board stream.'));
    } catch (error) {
      this.#abort(toKilnError(error));
    }
  }

  #schedulePing(): void {
    this.#stopPing = this.#clock.after(PING_INTERVAL_MS, () => {
      this.#ask({ type: 'ping' }).then(
        () => !this.#isClosed && this.#schedulePing(),
        (error: unknown) => this.#abort(toKilnError(error)),
      );
    });
  }

  #abort(error: KilnError): void {
    this.#end(error);
    this.#channel.abort(error);
  }

  #end(error: KilnError): void {
    this.#isClosed = true;
    this.#stopPing();
    this.#closed.resolve(error);
    for (const answer of this.#waiting.values()) {
      answer.promise.catch(() => {});
      answer.reject(error);
    }
    this.#waiting.clear();
  }
}

function silent(): KilnError {
  return new KilnError('board/silent', 'The relay does not answer.', {
    hint: 'The node connects again by itself.',
  });
}
