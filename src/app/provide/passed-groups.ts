import type { JobKind } from '../../protocol/primitives.ts';
import type { PassedDemand, PassReason } from '../../provider/view.ts';

/** Demands that came to nothing for the same reason. */
export interface PassedGroup {
  readonly code: string;
  readonly by: PassReason['by'];
  /** The words of the newest. */
  readonly text: string;
  /** Newest first. */
  readonly demands: readonly PassedDemand[];
}

/** A lower price would bring so many more demands. */
export interface PriceHelp {
  readonly kind: JobKind;
  /** Per unit of work, in the token's smallest unit. */
  readonly pricePerUnit: bigint;
  readonly demands: number;
}

/** Demands by their first reason, the group with most of them first. A demand stands in one group only. */
export function groupPassed(passed: readonly PassedDemand[]): PassedGroup[] {
  const groups = new Map<string, PassedDemand[]>();
  for (const demand of passed.toSorted((a, b) => b.atMs - a.atMs)) {
    const reason = demand.reasons[0];
    if (reason === undefined) continue;
    const key = `${reason.by}/${reason.code}`;
    groups.set(key, [...(groups.get(key) ?? []), demand]);
  }
  return [...groups.values()]
    .map((demands) => ({ ...demands[0]!.reasons[0]!, demands }))
    .map(({ code, by, text, demands }) => ({ code, by, text, demands }))
    .sort((a, b) => b.demands.length - a.demands.length);
}

/**
 * For each kind the price at which every demand would be answered that only the price kept away. A ceiling of zero is
 * left out: nobody is advised to work for nothing.
 */
export function priceHelp(passed: readonly PassedDemand[]): PriceHelp[] {
  const onlyPrice = passed.filter(
    ({ reasons, priceCeiling }) =>
      priceCeiling > 0n && reasons.length === 1 && reasons[0]!.code === 'price-too-low',
  );
  const kinds = [...new Set(onlyPrice.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const ceilings = onlyPrice.filter((demand) => demand.kind === kind).map((demand) => demand.priceCeiling);
    const pricePerUnit = ceilings.reduce((least, ceiling) => (ceiling < least ? ceiling : least));
    return { kind, pricePerUnit, demands: ceilings.length };
  });
}
