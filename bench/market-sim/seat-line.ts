import type { Random } from '../../src/base/random.ts';
import { inviteNewcomers, seatsKept } from '../../src/market/choose/newcomers.ts';
import { type RankedInput, rankProposals } from '../../src/market/choose/rank.ts';
import { givesWay, type Seated } from '../../src/market/choose/trials.ts';
import { reliability } from '../../src/reputation/bound.ts';
import { newRecord } from '../../src/reputation/record.ts';
import type { SimProvider } from './crowd.ts';

/** Who takes a seat now, and who gives one up for it. */
export interface Seating {
  readonly coming: readonly SimProvider[];
  readonly leaving: readonly SimProvider[];
}

/** How a simulated job fills its seats. */
export interface SeatLine {
  /** Has this provider worked for the requestor before? */
  isKnown(provider: SimProvider): boolean;
  fill(seated: ReadonlySet<SimProvider>, nowMs: number): Seating;
  /** Providers that arrive later, with the moment when they first ask for a seat. */
  readonly arrivals: readonly { readonly provider: SimProvider; readonly atMs: number }[];
}

/** Nobody is known: seats go to whoever asks next. */
export class PlainLine implements SeatLine {
  readonly arrivals = [];
  readonly #crowd: readonly SimProvider[];
  readonly #seats: number;
  #next = 0;

  constructor(crowd: readonly SimProvider[], seats: number) {
    this.#crowd = crowd;
    this.#seats = seats;
  }

  isKnown(): boolean {
    return false;
  }

  fill(seated: ReadonlySet<SimProvider>): Seating {
    const from = this.#next;
    this.#next = Math.min(this.#crowd.length, from + Math.max(0, this.#seats - seated.size));
    return { coming: this.#crowd.slice(from, this.#next), leaving: [] };
  }
}

interface Applicant extends RankedInput {
  readonly provider: SimProvider;
  isNewcomer: boolean;
  /** Not before this does it ask (again). */
  askAtMs: number;
  seatedAtMs: number;
  isGone: boolean;
}

/** A refused provider rests (provider), and hears of the job again soon after that, since it hurries when a seat opens. */
const REST_MS = 10_000;
const ANNOUNCE_MS = 5_000;
/** The worst-placed provider answers within this. */
const ANSWER_MS = 2_000;
const PRICE_CEILING = 1_000_000n;

/**
 * Most providers have a record with the requestor and ask whenever a seat is free; newcomers have none, ask when they
 * arrive, and again after a refusal. Seats are given, and given up, by the product's own rules.
 */
export class MarketLine implements SeatLine {
  readonly arrivals: readonly { readonly provider: SimProvider; readonly atMs: number }[];
  readonly #seats: number;
  readonly #random: Random;
  readonly #applicants = new Map<SimProvider, Applicant>();
  readonly #newcomers: Applicant[];

  /** @param market.newcomers how many of the crowd are new. @param market.spreadMs within which all but a tenth of them arrive */
  constructor(
    crowd: readonly SimProvider[],
    seats: number,
    random: Random,
    market: { readonly newcomers: number; readonly spreadMs: number },
  ) {
    this.#seats = seats;
    this.#random = random;
    const isNew = drawNewcomers(crowd.length, market.newcomers, random);
    crowd.forEach((provider, i) => {
      const isNewcomer = isNew.has(i);
      const arrivesAtMs = !isNewcomer || random() < 0.1 ? 0 : random() * market.spreadMs;
      this.#applicants.set(provider, apply(provider, isNewcomer, arrivesAtMs + random() * ANSWER_MS, random));
    });
    this.#newcomers = [...this.#applicants.values()].filter(({ isNewcomer }) => isNewcomer);
    this.arrivals = this.#newcomers.map(({ provider, askAtMs }) => ({ provider, atMs: askAtMs }));
  }

  isKnown(provider: SimProvider): boolean {
    return !this.#applicants.get(provider)!.isNewcomer;
  }

  fill(seated: ReadonlySet<SimProvider>, nowMs: number): Seating {
    const free = this.#seats - seated.size;
    const asking = this.#newcomers.filter((one) => this.#isAsking(one, seated, nowMs));
    if (asking.length === 0 && free <= 0) return { coming: [], leaving: [] };
    const others =
      free > 0
        ? [...this.#applicants.values()].filter(
            (one) => !one.isNewcomer && this.#isAsking(one, seated, nowMs),
          )
        : [];
    const ranked = rankProposals([...asking, ...others], {
      priceCeiling: PRICE_CEILING,
      inputBytes: 0,
      nowMs,
    });
    return this.#give(
      inviteNewcomers(ranked, { free, kept: this.#kept(seated, nowMs) }, this.#random).map(
        ({ input }) => input,
      ),
      seated,
      nowMs,
    );
  }

  #isAsking(
    { provider, askAtMs, isGone }: Applicant,
    seated: ReadonlySet<SimProvider>,
    nowMs: number,
  ): boolean {
    return askAtMs <= nowMs && !isGone && !provider.isBanned && !provider.hasLeft && !seated.has(provider);
  }

  #kept(seated: ReadonlySet<SimProvider>, waitedMs: number): number {
    const newcomersSeated = [...seated].filter((one) => !this.isKnown(one)).length;
    return seatsKept({ seats: this.#seats, newcomersSeated, waitedMs });
  }

  #give(order: readonly Applicant[], seated: ReadonlySet<SimProvider>, nowMs: number): Seating {
    const taken = new Set(seated);
    const leaving: SimProvider[] = [];
    const coming: SimProvider[] = [];
    for (const one of order) {
      const isFull = taken.size >= this.#seats;
      const isKept = !one.isNewcomer && taken.size >= this.#seats - this.#kept(taken, nowMs);
      const way = isFull && one.isNewcomer ? this.#givesWay(taken, nowMs) : undefined;
      if (isKept || (isFull && way === undefined)) {
        one.askAtMs = nowMs + REST_MS + (one.isNewcomer ? this.#random() * ANNOUNCE_MS : 0);
        continue;
      }
      if (way !== undefined) {
        taken.delete(way);
        leaving.push(way);
        this.#applicants.get(way)!.isGone = true;
      }
      one.seatedAtMs = nowMs;
      taken.add(one.provider);
      coming.push(one.provider);
    }
    return { coming, leaving };
  }

  #givesWay(taken: ReadonlySet<SimProvider>, nowMs: number): SimProvider | undefined {
    const seated = [...taken].map((provider): Seated & { readonly provider: SimProvider } => {
      const { isNewcomer, seatedAtMs } = this.#applicants.get(provider)!;
      const { peer } = provider.holder;
      return { provider, peer, cameNew: isNewcomer, seatedAtMs, results: provider.delivered };
    });
    const peer = givesWay(seated, this.#seats, nowMs)?.peer;
    return seated.find((one) => one.peer === peer)?.provider;
  }
}

/** Prices and benchmarks differ; those that are known have done so many results well, and some late. */
function apply(provider: SimProvider, isNewcomer: boolean, askAtMs: number, random: Random): Applicant {
  const record = { ...newRecord(0), valid: 20 + random() * 2_000, late: random() * 10 };
  return {
    provider,
    isNewcomer,
    askAtMs,
    seatedAtMs: 0,
    isGone: false,
    reliability: reliability(isNewcomer ? newRecord(0) : record),
    proposal: {
      provider: provider.holder.peer,
      pricePerUnit: BigInt(Math.round(400_000 + 400_000 * random())),
      microUnitsPerSecond: Math.round(1e9 / provider.msPerTask),
      slots: 1,
      cachedBytes: 0,
    },
  };
}

/** One in each part of the crowd, at a random place in it: the cheats are spread evenly, and must not be in step with them. */
function drawNewcomers(crowd: number, newcomers: number, random: Random): ReadonlySet<number> {
  const part = crowd / Math.max(1, newcomers);
  return new Set(Array.from({ length: newcomers }, (_, i) => Math.floor((i + random()) * part)));
}
