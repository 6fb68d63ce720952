import type { Capabilities } from '../../protocol/capabilities.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { isSameAddress, type JobKind } from '../../protocol/primitives.ts';
import { groupOfDemand } from './group-proof.ts';
import { lacksNumericClass, meetRequirements, type Shortfall } from './meet-requirements.ts';

/** What a provider is, has and wants, as far as a demand is judged by it. */
export interface ProviderSide {
  readonly peer: PeerId;
  readonly rules: {
    readonly kinds: readonly JobKind[];
    /** Least price per unit of work now, in the token's smallest unit. */
    readonly pricePerUnit: Readonly<Record<JobKind, bigint>>;
    readonly blockedRequestors: readonly PeerId[];
    /** Shared keys of its private groups, as texts. @default none */
    readonly groups?: readonly string[];
    /** Takes demands of its groups only. @default false */
    readonly isPrivate?: boolean;
  };
  /** The chain and pool whose vouchers it takes. */
  readonly payment: { readonly chainId: number; readonly pool: string };
  readonly capabilities: Capabilities;
  readonly freeSlots: Readonly<Partial<Record<JobKind, number>>>;
  /** A person uses this machine now, so that less is lent. @default false */
  readonly isInUse?: boolean;
}

/** One reason not to answer, with words for people of both sides. */
export interface MatchRefusal {
  readonly code:
    | 'own-demand'
    | 'expired'
    | 'no-work-left'
    | 'seats-filled'
    | 'requestor-blocked'
    | 'kind-not-accepted'
    | 'price-too-low'
    | 'other-payment'
    | 'not-in-group'
    | 'private-only'
    | 'speed-not-measured'
    | 'no-free-slot'
    | Shortfall['code'];
  /** What it is about, in the vocabulary of `properties.ts`; absent where no property of a machine is. */
  readonly property?: string;
  /** What is asked for and what is there, for people. */
  readonly asked?: string;
  readonly has?: string;
  readonly text: string;
  /** The same said of several machines: "have less than 2 GiB GPU memory". */
  readonly manyText: string;
  /** Of measures: what is asked for and what is there, in the property's unit. */
  readonly gap?: Shortfall['gap'];
}

/** Whether a provider wants a demand, and at which price per unit of work. */
export type Match =
  | { readonly fits: true; readonly pricePerUnit: bigint }
  | { readonly fits: false; readonly reasons: readonly MatchRefusal[] };

/**
 * Does this provider want this demand? All reasons against it are named, not only the first.
 *
 * @example
 * const match = matchDemand(demand, provider, clock.now());
 * if (match.fits) propose(match.pricePerUnit);
 */
export function matchDemand(demand: Demand, provider: ProviderSide, nowMs: number): Match {
  const reasons = [
    ...refuseMoment(demand, provider, nowMs),
    ...refuseTerms(demand, provider),
    ...refuseMachine(demand, provider),
  ];
  return reasons.length > 0
    ? { fits: false, reasons }
    : { fits: true, pricePerUnit: provider.rules.pricePerUnit[demand.kind] };
}

/** What stands against a demand now and may not in a minute; and what stands against its sender. */
function* refuseMoment(
  demand: Demand,
  { peer, rules }: ProviderSide,
  nowMs: number,
): Generator<MatchRefusal> {
  if (demand.requestor === peer) yield say('own-demand', 'this is your own job', 'are your own');
  if (demand.expiresAt <= nowMs) yield say('expired', 'the demand has expired', 'heard of it too late');
  if (demand.tasksLeft === 0) yield say('no-work-left', 'no task is left', 'came when no task was left');
  if (demand.seats.filled >= demand.seats.total) {
    yield say('seats-filled', `all ${demand.seats.total} seats are filled`, 'found all seats filled');
  }
  if (rules.blockedRequestors.includes(demand.requestor)) {
    yield say('requestor-blocked', 'the requestor is blocked', 'have blocked you');
  }
  const { groups = [], isPrivate = false } = rules;
  if (demand.group !== undefined && groupOfDemand(demand, groups) === undefined) {
    yield say('not-in-group', 'for members of a private group only', 'are not in the private group');
  }
  if (demand.group === undefined && isPrivate) {
    yield say(
      'private-only',
      'this machine works for its private groups only',
      'work for private groups only',
    );
  }
}

/** What stands against the terms of a job, whoever offers it. */
export function* refuseTerms(
  demand: Pick<Demand, 'kind' | 'priceCeiling'> & Pick<ProviderSide, 'payment'>,
  { rules, payment }: Pick<ProviderSide, 'rules' | 'payment'>,
): Generator<MatchRefusal> {
  const { kind, priceCeiling } = demand;
  if (!rules.kinds.includes(kind)) {
    const lent = rules.kinds.join(', ') || 'nothing';
    yield {
      ...say('kind-not-accepted', `${kind} jobs are not accepted`, `take no ${kind} jobs`),
      property: 'golem.runtime.name',
      asked: kind,
      has: lent,
    };
    return;
  }
  const asked = rules.pricePerUnit[kind];
  if (asked > priceCeiling) {
    yield {
      ...say('price-too-low', aboveCeiling(asked, priceCeiling), 'ask more than the highest price'),
      property: 'kiln.price',
      asked: `at most ${priceCeiling}`,
      has: `${asked}`,
    };
  }
  const isSamePool = isSameAddress(demand.payment.pool, payment.pool);
  if (demand.payment.chainId !== payment.chainId || !isSamePool) {
    yield say(
      'other-payment',
      `pays through another contract (chain ${demand.payment.chainId})`,
      'are paid through another contract',
    );
  }
}

/** What stands against a machine: what it lacks, and what of it is not free. */
export function* refuseMachine(
  { kind, requirements, policy }: Pick<Demand, 'kind' | 'requirements'> & Partial<Pick<Demand, 'policy'>>,
  { rules, capabilities, freeSlots, isInUse = false }: ProviderSide,
): Generator<MatchRefusal> {
  const lacks = meetRequirements(requirements, kind, capabilities);
  yield* lacks;
  const unknownClass = lacksNumericClass(policy, kind, capabilities);
  if (unknownClass !== undefined) yield unknownClass;
  // What is not lent needs no speed and has no slot; that it is not lent was said already.
  if (!rules.kinds.includes(kind) || lacks.some(({ code }) => code === 'needs-gpu')) return;
  if (capabilities.scores[kind] === undefined) {
    if (requirements.microUnitsPerSecond === undefined) {
      yield say(
        'speed-not-measured',
        `the speed for ${kind} is not measured yet`,
        `have not measured their speed for ${kind} yet`,
      );
    }
  } else if ((freeSlots[kind] ?? 0) < 1) {
    const why = isInUse ? ' while a person uses this machine' : '';
    yield say('no-free-slot', `no free slot for ${kind}${why}`, 'have no free slot');
  }
}

/** "price 20 % above what the job pays": how far an asked price lies above a ceiling, rounded up. */
export function aboveCeiling(asked: bigint, ceiling: bigint): string {
  const percent = percentAbove(asked, ceiling);
  return percent === undefined ? 'the highest price is zero' : `price ${percent} % above what the job pays`;
}

/** By how many percent a price lies above a ceiling, rounded up; undefined above a ceiling of zero. */
export function percentAbove(asked: bigint, ceiling: bigint): bigint | undefined {
  return ceiling === 0n ? undefined : ((asked - ceiling) * 100n + ceiling - 1n) / ceiling;
}

function say(code: MatchRefusal['code'], text: string, manyText: string): MatchRefusal {
  return { code, text, manyText };
}
