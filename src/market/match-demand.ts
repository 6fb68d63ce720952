import type { Demand } from '../protocol/announce.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { JobKind } from '../protocol/primitives.ts';

/** What a provider is, has and wants, as far as a demand is judged by it. */
export interface ProviderSide {
  readonly peer: PeerId;
  readonly rules: {
    readonly kinds: readonly JobKind[];
    /** Least price per unit of work, in the token's smallest unit. */
    readonly pricePerUnit: Readonly<Record<JobKind, bigint>>;
    readonly blockedRequestors: readonly PeerId[];
  };
  /** The chain and pool whose vouchers it takes. */
  readonly payment: { readonly chainId: number; readonly pool: string };
  readonly memoryBytes: number;
  /** Absent without a GPU. */
  readonly gpuMemoryBytes?: number;
  /** Measured micro-units per second and slot. */
  readonly scores: Readonly<Partial<Record<JobKind, number>>>;
  readonly freeSlots: Readonly<Partial<Record<JobKind, number>>>;
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
    | 'not-enough-memory'
    | 'needs-gpu'
    | 'not-enough-gpu-memory'
    | 'not-measured'
    | 'too-slow'
    | 'no-free-slot';
  readonly text: string;
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
  const reasons = [...refuseTerms(demand, provider, nowMs), ...refuseMachine(demand, provider)];
  return reasons.length > 0
    ? { fits: false, reasons }
    : { fits: true, pricePerUnit: provider.rules.pricePerUnit[demand.kind] };
}

function* refuseTerms(demand: Demand, provider: ProviderSide, nowMs: number): Generator<MatchRefusal> {
  const { rules, payment } = provider;
  if (demand.requestor === provider.peer) yield { code: 'own-demand', text: 'this is your own job' };
  if (demand.expiresAt <= nowMs) yield { code: 'expired', text: 'the demand has expired' };
  if (demand.tasksLeft === 0) yield { code: 'no-work-left', text: 'no task is left' };
  if (demand.seats.filled >= demand.seats.total) {
    yield { code: 'seats-filled', text: `all ${demand.seats.total} seats are filled` };
  }
  if (rules.blockedRequestors.includes(demand.requestor)) {
    yield { code: 'requestor-blocked', text: 'the requestor is blocked' };
  }
  if (!rules.kinds.includes(demand.kind)) {
    yield { code: 'kind-not-accepted', text: `${demand.kind} jobs are not accepted` };
  }
  const asked = rules.pricePerUnit[demand.kind];
  if (asked > demand.priceCeiling) {
    yield { code: 'price-too-low', text: aboveCeiling(asked, demand.priceCeiling) };
  }
  const isSamePool = demand.payment.pool.toLowerCase() === payment.pool.toLowerCase();
  if (demand.payment.chainId !== payment.chainId || !isSamePool) {
    yield { code: 'other-payment', text: `pays through another contract (chain ${demand.payment.chainId})` };
  }
}

function* refuseMachine({ kind, requirements }: Demand, provider: ProviderSide): Generator<MatchRefusal> {
  const { memoryBytes, gpuMemoryBytes, microUnitsPerSecond } = requirements;
  if (memoryBytes !== undefined && memoryBytes > provider.memoryBytes) {
    yield { code: 'not-enough-memory', text: `needs ${gib(memoryBytes)} memory` };
  }
  if (kind === 'wgsl' && provider.gpuMemoryBytes === undefined) {
    yield { code: 'needs-gpu', text: 'needs a GPU' };
  } else if (gpuMemoryBytes !== undefined && gpuMemoryBytes > (provider.gpuMemoryBytes ?? 0)) {
    yield { code: 'not-enough-gpu-memory', text: `needs ${gib(gpuMemoryBytes)} GPU memory` };
  }
  const score = provider.scores[kind];
  if (score === undefined) {
    yield { code: 'not-measured', text: `the speed for ${kind} is not measured yet` };
  } else if (microUnitsPerSecond !== undefined && score < microUnitsPerSecond) {
    const share = Math.floor((100 * score) / microUnitsPerSecond);
    yield { code: 'too-slow', text: `reaches ${share} % of the speed asked for` };
  }
  if ((provider.freeSlots[kind] ?? 0) < 1) yield { code: 'no-free-slot', text: `no free slot for ${kind}` };
}

/** "price 20 % above ceiling": how far an asked price lies above a ceiling, rounded up. */
export function aboveCeiling(asked: bigint, ceiling: bigint): string {
  if (ceiling === 0n) return 'the ceiling is zero';
  return `price ${((asked - ceiling) * 100n + ceiling - 1n) / ceiling} % above ceiling`;
}

function gib(bytes: number): string {
  return `${Number((bytes / 2 ** 30).toFixed(2))} GiB`;
}
