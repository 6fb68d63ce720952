import type { Capabilities } from '../../protocol/capabilities.ts';
import type { Demand, Offer } from '../../protocol/announce.ts';
import { JOB_KINDS, type JobKind } from '../../protocol/primitives.ts';
import { findRemedies, type Judged, priceOf, type Remedy } from './find-remedies.ts';
import {
  type MatchRefusal,
  percentAbove,
  type ProviderSide,
  refuseMachine,
  refuseTerms,
} from './match-demand.ts';
import { sayValue } from './properties.ts';

/** What is known of a job before it is announced. */
export type WantedTerms = Pick<Demand, 'kind' | 'requirements' | 'priceCeiling'> & {
  /** Where it will pay. */
  readonly payment: ProviderSide['payment'];
  /** How results are checked. @default in no way that depends on the machine */
  readonly policy?: Demand['policy'];
  /** Is it for a private group? Offers do not say who belongs to one. */
  readonly isForGroup?: boolean;
  /** Some are known to the job already and left out of the offers: words speak of others. @default false */
  readonly isForMore?: boolean;
  /** Of those, who works on it now; so many. @default 0 */
  readonly atWork?: number;
};

/** One reason that stands against several offers. */
export interface SharedReason {
  readonly code: MatchRefusal['code'];
  readonly property?: string;
  /** Offers it stands against. */
  readonly offers: number;
  /** "7 ask more than the highest price (the cheapest 20 % above)". */
  readonly text: string;
}

/** Why offers on the board match a job, or do not. */
export interface OfferReport {
  readonly offers: number;
  readonly matching: number;
  /** By the number of offers they stand against, most first. */
  readonly reasons: readonly SharedReason[];
  /** By the number of offers they gain, most first; none where nothing stands in the way alone. */
  readonly remedies: readonly Remedy[];
  /** All of it in one sentence, for people. */
  readonly text: string;
}

/**
 * Judges every offer of the board by a job's terms with the rules that its provider will use, and says what stands
 * against how many of them, and what would help most.
 *
 * @example
 * explainOffers(terms, board.offers).text;
 * // "12 providers are on the board, but none matches: 7 ask more than the highest price (the cheapest 20 % above it), …"
 */
export function explainOffers(wanted: WantedTerms, offers: readonly Offer[]): OfferReport {
  const judged = offers.map((offer) => ({ offer, reasons: judge(wanted, sideOf(offer, wanted)) }));
  const matching = judged.filter(({ reasons }) => reasons.length === 0).length;
  const reasons = share(judged, wanted);
  const remedies = findRemedies(judged, wanted.kind);
  return {
    offers: offers.length,
    matching,
    reasons,
    remedies,
    text: tell(offers.length, matching, reasons, wanted),
  };
}

function judge(wanted: WantedTerms, side: ProviderSide): MatchRefusal[] {
  return [...refuseTerms(wanted, side), ...refuseMachine(wanted, side)];
}

/** An offer as its provider would see itself; who it blocks and its groups are not told. */
function sideOf(offer: Offer, { payment }: WantedTerms): ProviderSide {
  const { kinds, slots } = offer;
  const scores = Object.fromEntries(
    kinds.map(({ kind, microUnitsPerSecond }) => [kind, microUnitsPerSecond]),
  );
  const capabilities: Capabilities = offer.capabilities ?? {
    cores: slots.total,
    memoryBytes: offer.memoryBytes,
    storageBytes: 0,
    scores: {},
    ...(offer.gpu === undefined
      ? {}
      : { gpu: { name: offer.gpu, vendor: 'other', memoryBytes: 0, features: [], limits: {} } }),
  };
  return {
    peer: offer.provider,
    rules: {
      kinds: kinds.map(({ kind }) => kind),
      pricePerUnit: {
        wasi: priceOf(offer, 'wasi'),
        wgsl: priceOf(offer, 'wgsl'),
        onnx: priceOf(offer, 'onnx'),
      },
      blockedRequestors: [],
    },
    payment: { chainId: offer.chainId, pool: payment.pool },
    capabilities: { ...capabilities, scores: { ...capabilities.scores, ...scores } },
    freeSlots: Object.fromEntries(JOB_KINDS.map((kind) => [kind, slots.free])),
  };
}

function share(judged: readonly Judged[], { kind, priceCeiling }: WantedTerms): SharedReason[] {
  const groups = new Map<string, { readonly reason: MatchRefusal; readonly of: Judged[] }>();
  for (const one of judged) {
    for (const reason of one.reasons) {
      const group = groups.get(reason.manyText) ?? { reason, of: [] };
      group.of.push(one);
      groups.set(reason.manyText, group);
    }
  }
  const shared = [...groups.values()].map(({ reason, of }): SharedReason => {
    const nearest =
      reason.code === 'price-too-low' ? ` (${sayCheapest(of, kind, priceCeiling)})` : sayBest(reason, of);
    return {
      code: reason.code,
      ...(reason.property === undefined ? {} : { property: reason.property }),
      offers: of.length,
      text: `${of.length} ${of.length === 1 ? ofOne(reason.manyText) : reason.manyText}${nearest}`,
    };
  });
  return shared.sort((a, b) => b.offers - a.offers);
}

/** "have no free slot" said of one: "has no free slot". */
function ofOne(manyText: string): string {
  return manyText.replace(/^\w+/, (verb) => ({ have: 'has', are: 'is' })[verb] ?? `${verb}s`);
}

function sayCheapest(of: readonly Judged[], kind: JobKind, ceiling: bigint): string {
  const prices = of.map(({ offer }) => priceOf(offer, kind));
  const cheapest = prices.reduce((least, price) => (price < least ? price : least));
  const percent = percentAbove(cheapest, ceiling);
  return percent === undefined ? 'the highest price is zero' : `the cheapest ${percent} % above it`;
}

/** " (the most is 1.5 GiB)" of a measure. */
function sayBest({ property, gap }: MatchRefusal, of: readonly Judged[]): string {
  if (gap === undefined) return '';
  const there = of.flatMap(({ reasons }) => reasons.find((one) => one.property === property)?.gap?.has ?? []);
  return gap.bound === 'most'
    ? ` (the least is ${sayValue(gap, Math.min(...there))})`
    : ` (the most is ${sayValue(gap, Math.max(...there))})`;
}

function tell(
  offers: number,
  matching: number,
  reasons: readonly SharedReason[],
  { isForGroup = false, isForMore = false, atWork = 0 }: WantedTerms,
): string {
  const group = isForGroup
    ? ' Only members of the group can answer; the board does not tell who they are.'
    : '';
  const other = isForMore ? 'other ' : '';
  const all =
    atWork === 1
      ? 'The only matching provider already works'
      : `All ${atWork} matching providers already work`;
  const taken = atWork > 0 && matching === 0 ? `${all} on it. ` : '';
  if (offers === 0) return `${taken}No ${other}provider is on the board.${group}`;
  if (offers === 1) {
    const against = reasons.map(({ text }) => text.replace(/^1 /, '')).join(', ');
    const verdict = matching === 1 ? 'matches' : `does not match: it ${against}`;
    return `${taken}The only ${other}provider on the board ${verdict}.${group}`;
  }
  const against = reasons.map(({ text }) => text).join(', ');
  return `${taken}${offers} ${other}providers are on the board${sayMatching(matching, offers)}${against}.${group}`;
}

/** What stands between "12 providers are on the board" and the reasons against them. */
function sayMatching(matching: number, offers: number): string {
  if (matching === offers) return matching === 2 ? ' and both match' : ' and all match';
  if (matching === 0) return ', but none matches: ';
  return `, ${matching} of them ${matching === 1 ? 'matches' : 'match'}; `;
}
