import type { Random } from '../../base/random.ts';
import type { Clock } from '../../base/time.ts';
import { inviteNewcomers, seatsKept } from '../../market/choose/newcomers.ts';
import { givesWay, type Seated } from '../../market/choose/trials.ts';
import { type ConnectionQuality, rankProposals, type RankWeights } from '../../market/choose/rank.ts';
import { checkProposal, type ProposalRefusal } from '../../market/match/check-proposal.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Proposal } from '../../protocol/negotiate.ts';
import { RANKING_WINDOW_MS } from '../constants.ts';
import type { RefusedProvider } from '../view.ts';
import { RefusalList } from './refusal-list.ts';

/** What a provider hears that gives its seat to a newcomer. */
const MADE_WAY = 'All seats are taken, and newcomers get a turn too.';

/** What the desk asks its job. */
export interface SeatDeskInit {
  readonly clock: Clock;
  /** The demand as it is now. */
  readonly demand: () => Demand;
  readonly seated: () => readonly { readonly peer: PeerId; readonly payee: string }[];
  readonly bannedPeers: { has(peer: PeerId): boolean };
  /** In lower case. */
  readonly bannedPayees: { has(payee: string): boolean };
  /**
   * Has this peer shown here, by enough results of its own, that it is honest? Nobody proves that an account is its own: a
   * cheat that names another's must not shut that one out. @default nobody has
   */
  readonly isProven?: (peer: PeerId) => boolean;
  readonly reliability: (peer: PeerId) => number;
  /** Without any record of its own here. @default nobody is */
  readonly isNewcomer?: (peer: PeerId) => boolean;
  /** Results that a provider has handed in for this job. @default none */
  readonly resultsOf?: (peer: PeerId) => number;
  /** A provider gives its seat to a newcomer, for this reason. @default nobody gives way */
  readonly giveWay?: (peer: PeerId, reason: string) => void;
  /** @default DEFAULT_RANK_WEIGHTS */
  readonly weights?: RankWeights;
  /** Key of the private group that the job is for; a secret. @default the open market */
  readonly groupKey?: string;
  /** How a peer is reached, once that is known. @default unknown */
  readonly connectionTo?: (peer: PeerId) => Promise<ConnectionQuality | undefined>;
  /** What a peer was seen to do, where its claim is not believed. @default claims are believed */
  readonly seenSpeed?: (peer: PeerId) => number | undefined;
  /** Why a peer that was seen at work here is not taken again, in words. @default nobody is refused for it */
  readonly tooSlow?: (peer: PeerId) => string | undefined;
  /** Why a peer, or whoever has its account, was put aside in this job, in words. @default nobody was */
  readonly putAside?: (peer: PeerId, payee: string) => string | undefined;
  /** Draws newcomers. @default none is drawn */
  readonly random?: Random;
}

const NO_PAYEES: ReadonlySet<string> = new Set();

interface Waiting {
  readonly proposal: Proposal;
  readonly reliability: number;
  readonly isNewcomer: boolean;
  readonly seenMicroUnitsPerSecond?: number;
  connection?: ConnectionQuality;
  readonly answer: (refusal: ProposalRefusal | undefined) => void;
}

/** Collects the proposals for one job for a moment, ranks them, and gives the free seats to the best. */
export class SeatDesk {
  readonly #init: SeatDeskInit;
  readonly #refusals = new RefusalList();
  #waiting: Waiting[] = [];
  #openedAtMs: number | undefined;
  /** Seats promised to proposals whose agreement is not sealed yet. */
  readonly #reserved = new Set<Proposal>();
  /** When each was given its seat, and whether it was new then; those taken over from a former tab are missing. */
  readonly #given = new Map<PeerId, { readonly cameNew: boolean; readonly seatedAtMs: number }>();

  constructor(init: SeatDeskInit) {
    this.#init = init;
  }

  /** The newest refusals, one for each provider. */
  get refused(): readonly RefusedProvider[] {
    return this.#refusals.all;
  }

  /** Would a newcomer be given one of so many seats although all are taken? */
  isOpenForNewcomers(seats: number): boolean {
    return this.#leaving(this.#taken(), seats) !== undefined;
  }

  /** Resolves with the refusal, or with undefined when the proposal has a seat; it is kept until `release`. */
  async ask(proposal: Proposal, signer: PeerId): Promise<ProposalRefusal | undefined> {
    this.#openedAtMs ??= this.#init.clock.now();
    const refusal = this.#check(proposal, signer) ?? (await this.#line(proposal));
    if (refusal !== undefined) this.#refusals.add(signer, refusal, this.#init.clock.now());
    else this.#refusals.forget(signer);
    return refusal;
  }

  /**
   * Why a promised seat is not given any more, in words: its provider, or another of its account, was caught or put aside
   * while its signature was waited for.
   */
  tooLate({ provider, payee }: Pick<Proposal, 'provider' | 'payee'>): string | undefined {
    const { bannedPeers, putAside } = this.#init;
    if (bannedPeers.has(provider) || this.#payeesBannedFor(provider).has(payee.toLowerCase()))
      return 'a result of this provider was rejected meanwhile';
    return putAside?.(provider, payee);
  }

  /** The agreement was sealed (its provider now counts as seated), or came to nothing. */
  release(proposal: Proposal): void {
    this.#reserved.delete(proposal);
  }

  #line(proposal: Proposal): Promise<ProposalRefusal | undefined> {
    const { reliability, isNewcomer, seenSpeed, connectionTo, clock } = this.#init;
    const { provider } = proposal;
    const seen = seenSpeed?.(provider);
    return new Promise((answer) => {
      const waiting: Waiting = {
        proposal,
        reliability: reliability(provider),
        isNewcomer: isNewcomer?.(provider) ?? false,
        ...(seen === undefined ? {} : { seenMicroUnitsPerSecond: seen }),
        answer,
      };
      // What is not known when the window ends is not waited for.
      connectionTo?.(provider)
        .then((quality) => quality !== undefined && (waiting.connection = quality))
        .catch(() => {});
      this.#waiting.push(waiting);
      if (this.#waiting.length === 1) clock.after(RANKING_WINDOW_MS, () => this.#decide());
    });
  }

  #decide(): void {
    const { demand: demandNow, clock, weights, random = () => 1 } = this.#init;
    const demand = demandNow();
    const inputBytes = demand.blobs.reduce((sum, { bytes }) => sum + bytes, 0);
    const job = { priceCeiling: demand.priceCeiling, inputBytes, nowMs: clock.now() };
    const ranked = rankProposals(this.#waiting, job, weights);
    this.#waiting = [];
    const free = Math.max(0, demand.seats.total - this.#taken().length);
    for (const { input } of inviteNewcomers(ranked, { free, kept: this.#kept() }, random)) {
      const { proposal } = input;
      const refusal = this.#check(proposal, proposal.provider);
      if (refusal === undefined) this.#give(proposal, input.isNewcomer);
      input.answer(refusal);
    }
  }

  /** Reserves a seat; where none is free, and a newcomer has passed the check, somebody gives way to it. */
  #give(proposal: Proposal, cameNew: boolean): void {
    const { clock, demand, giveWay } = this.#init;
    const { provider } = proposal;
    const { total } = demand().seats;
    const taken = this.#taken();
    const isSeated = taken.some(({ peer }) => peer === provider);
    const leaving = !isSeated && taken.length >= total ? this.#leaving(taken, total) : undefined;
    this.#reserved.add(proposal);
    if (!isSeated) this.#given.set(provider, { cameNew, seatedAtMs: clock.now() });
    if (leaving !== undefined) giveWay?.(leaving, MADE_WAY);
  }

  #leaving(taken: readonly { readonly peer: PeerId }[], seats: number): PeerId | undefined {
    const { clock, giveWay, resultsOf, isNewcomer } = this.#init;
    if (giveWay === undefined || isNewcomer === undefined) return undefined;
    const peers = new Set(taken.map(({ peer }) => peer));
    for (const peer of this.#given.keys()) if (!peers.has(peer)) this.#given.delete(peer);
    const seated = [...peers].map((peer): Seated => {
      const given = this.#given.get(peer) ?? { cameNew: false, seatedAtMs: 0 };
      return { peer, ...given, results: resultsOf?.(peer) ?? 0 };
    });
    return givesWay(seated, seats, clock.now())?.peer;
  }

  #check(proposal: Proposal, signer: PeerId): ProposalRefusal | undefined {
    const { bannedPeers, clock, groupKey, isNewcomer } = this.#init;
    const demand = this.#init.demand();
    const taken = this.#taken();
    const isNew = isNewcomer?.(signer) === true;
    const leaving =
      isNew && taken.length >= demand.seats.total ? this.#leaving(taken, demand.seats.total) : undefined;
    const seated = leaving === undefined ? taken : taken.filter(({ peer }) => peer !== leaving);
    const refusal = checkProposal(proposal, signer, {
      demand,
      seated,
      bannedPeers,
      bannedPayees: this.#payeesBannedFor(signer),
      nowMs: clock.now(),
      ...(groupKey === undefined ? {} : { groupKey }),
    });
    if (refusal !== undefined) return refusal;
    const held = this.#init.putAside?.(signer, proposal.payee) ?? this.#init.tooSlow?.(signer);
    if (held !== undefined) return { reason: 'requirements-not-met', detail: held };
    if (isNewcomer === undefined || isNew) return undefined;
    const others = new Set(seated.map(({ peer }) => peer)).size;
    const isSeated = seated.some(({ peer }) => peer === signer);
    if (isSeated || others < demand.seats.total - this.#kept()) return undefined;
    return { reason: 'seats-filled', detail: 'the last seats are kept for newcomers for a moment' };
  }

  #payeesBannedFor(peer: PeerId): SeatDeskInit['bannedPayees'] {
    return this.#init.isProven?.(peer) === true ? NO_PAYEES : this.#init.bannedPayees;
  }

  /** Who has a seat or the promise of one. */
  #taken(): { readonly peer: PeerId; readonly payee: string }[] {
    const reserved = [...this.#reserved].map(({ provider, payee }) => ({ peer: provider, payee }));
    return [...this.#init.seated(), ...reserved];
  }

  #kept(): number {
    const { clock, demand, isNewcomer } = this.#init;
    if (isNewcomer === undefined) return 0;
    return seatsKept({
      seats: demand().seats.total,
      newcomersSeated: new Set(this.#taken().flatMap(({ peer }) => (this.#cameNew(peer) ? [peer] : []))).size,
      waitedMs: clock.now() - (this.#openedAtMs ?? clock.now()),
    });
  }

  /** Did it come as a newcomer, whatever is known of it since? */
  #cameNew(peer: PeerId): boolean {
    return this.#given.get(peer)?.cameNew ?? this.#init.isNewcomer?.(peer) === true;
  }
}
