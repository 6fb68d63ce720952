import { laneOfKind, sumPerLane } from '../../job/lanes.ts';
import type { Offer } from '../../protocol/announce.ts';
import type { Capabilities } from '../../protocol/capabilities.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import type { DeviceTraits } from '../slices.ts';
import type { ProviderRules } from '../view.ts';
import type { Lent } from './lent-now.ts';
import type { SpeedScores } from './speed-scores.ts';

/** All that says what is lent at one moment; the offer, proposals and the view are drawn from it. */
export interface Lending {
  readonly rules: ProviderRules;
  readonly lent: Lent;
  readonly speed: SpeedScores;
  readonly traits: DeviceTraits;
  /** Since when this machine has been on offer without a break. */
  readonly sinceMs: number;
  /** Asked now per unit of work, by kind. */
  readonly asked: Readonly<Record<JobKind, bigint>>;
  /** Slots of a kind that no agreement uses now. */
  readonly freeSlots: (kind: JobKind) => number;
}

/** Kinds that can be worked on now: measured, and not at rest because the machine is in use. */
export function kindsLent({ rules, lent, speed }: Pick<Lending, 'rules' | 'lent' | 'speed'>): JobKind[] {
  return speed.known(rules.kinds).filter((kind) => lent.slots[laneOfKind(kind)] > 0);
}

/** What this device says of itself in offers and proposals. */
export function describeCapabilities(
  lending: Pick<Lending, 'rules' | 'lent' | 'speed' | 'traits'>,
): Capabilities {
  const { lent, traits, speed } = lending;
  const { gpu, ...rest } = traits;
  const kinds = kindsLent(lending);
  return {
    ...rest,
    ...(gpu !== undefined && lent.slots.gpu > 0 ? { gpu } : {}),
    cores: lent.slots.cpu,
    scores: Object.fromEntries(kinds.map((kind) => [kind, speed.all[kind]!])),
  };
}

/**
 * The same for judging demands: what rests only while the machine is in use counts as there, without a free slot, so that
 * the reason named is the true one.
 */
export function judgedCapabilities(
  lending: Pick<Lending, 'rules' | 'lent' | 'speed' | 'traits'>,
): Capabilities {
  const { rules, speed, traits } = lending;
  const { gpu, ...offered } = describeCapabilities(lending);
  const lentGpu = gpu ?? (rules.kinds.some((kind) => laneOfKind(kind) === 'gpu') ? traits.gpu : undefined);
  return {
    ...offered,
    ...(lentGpu === undefined ? {} : { gpu: lentGpu }),
    cores: offered.cores > 0 ? offered.cores : rules.cpuSlots,
    scores: Object.fromEntries(speed.known(rules.kinds).map((kind) => [kind, speed.all[kind]!])),
  };
}

/** The signed offer but for who, where and when. */
export function describeOffer(
  lending: Lending,
  chainId: number,
): Omit<Offer, 'provider' | 'addresses' | 'issuedAt' | 'expiresAt'> {
  const { rules, lent, speed, asked } = lending;
  const kinds = kindsLent(lending);
  const capabilities = describeCapabilities(lending);
  return {
    payee: rules.payee,
    chainId,
    kinds: kinds.map((kind) => ({
      kind,
      microUnitsPerSecond: speed.all[kind]!,
      pricePerUnit: asked[kind],
    })),
    slots: {
      total: sumPerLane(kinds, (kind) => lent.slots[laneOfKind(kind)]),
      free: sumPerLane(kinds, lending.freeSlots),
    },
    memoryBytes: capabilities.memoryBytes,
    ...(capabilities.gpu === undefined ? {} : { gpu: capabilities.gpu.name }),
    capabilities,
    since: lending.sinceMs,
  };
}
