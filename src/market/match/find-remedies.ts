import type { Offer } from '../../protocol/announce.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import type { MatchRefusal } from './match-demand.ts';
import { sayValue } from './properties.ts';

/** An offer with all that stands against it. */
export interface Judged {
  readonly offer: Offer;
  readonly reasons: readonly MatchRefusal[];
}

/** A change of the job after which more offers match. */
export interface Remedy {
  readonly code: MatchRefusal['code'];
  readonly property?: string;
  /** How many more match after this one change. */
  readonly more: number;
  /** "raise the ceiling: 5 more"; the amount is `priceCeiling`, for the page to write in its own currency. */
  readonly text: string;
  readonly priceCeiling?: bigint;
  /** What to ask for instead, in the property's own unit. */
  readonly value?: number;
}

/** Remedies worth showing. */
const MAX_REMEDIES = 3;
/** A remedy goes at most this far beyond the nearest offer: who asks a fortune is no goal. */
const REACH = 2;

/** Changes of one term each, of those offers that only one reason stands against; what gains most comes first. */
export function findRemedies(judged: readonly Judged[], kind: JobKind): Remedy[] {
  const near = judged.filter(({ reasons }) => reasons.length === 1);
  const groups = Map.groupBy(near, ({ reasons }) => reasons[0]!.manyText);
  const remedies = [...groups.values()].flatMap((of) => remedyFor(of, kind) ?? []);
  return remedies.sort((a, b) => b.more - a.more).slice(0, MAX_REMEDIES);
}

/** Asked price per unit of an offer; 0 when it does not take this kind. */
export function priceOf({ kinds }: Offer, kind: JobKind): bigint {
  return kinds.find((one) => one.kind === kind)?.pricePerUnit ?? 0n;
}

function remedyFor(of: readonly Judged[], kind: JobKind): Remedy | undefined {
  const { code, property, asked, gap } = of[0]!.reasons[0]!;
  const base = { code, ...(property === undefined ? {} : { property }), more: of.length };
  switch (code) {
    case 'price-too-low':
      return { ...base, ...raise(of.map(({ offer }) => priceOf(offer, kind))) };
    case 'too-little':
      return gap === undefined
        ? undefined
        : {
            ...base,
            ...relax(
              gap,
              of.map(({ reasons }) => reasons[0]!.gap!.has),
            ),
          };
    case 'lacks-feature':
      return { ...base, text: `do without ${asked}: ${of.length} more` };
    case 'other-vendor':
      return { ...base, text: `take GPUs of other makers too: ${of.length} more` };
    case 'no-free-slot':
      return { ...base, text: `wait until they are free: ${of.length} more` };
    default:
      return undefined;
  }
}

/** The dearest of those that ask at most twice as much as the cheapest. */
function raise(prices: readonly bigint[]): Pick<Remedy, 'more' | 'text' | 'priceCeiling'> {
  const cheapest = prices.reduce((least, price) => (price < least ? price : least));
  const within = prices.filter((price) => price <= BigInt(REACH) * cheapest);
  const priceCeiling = within.reduce((most, price) => (price > most ? price : most));
  return { more: within.length, priceCeiling, text: `raise the ceiling: ${within.length} more` };
}

function relax(
  gap: NonNullable<MatchRefusal['gap']>,
  there: readonly number[],
): Pick<Remedy, 'more' | 'text' | 'value'> {
  const isMost = gap.bound === 'most';
  const nearest = isMost ? Math.min(...there) : Math.max(...there);
  const within = there.filter((has) => (isMost ? has <= REACH * nearest : has * REACH >= nearest));
  const value = isMost ? Math.max(...within) : Math.min(...within);
  const shown = sayValue(gap, value);
  const instead = isMost ? `a ${gap.label} of ${shown}` : `${shown} ${gap.label}`;
  return { more: within.length, value, text: `ask for ${instead}: ${within.length} more` };
}
