import type { OfferReport } from '../../market/match/explain-offers.ts';

/** A board on which most are too dear, and one has too little memory. */
export const SAMPLE_REPORT: OfferReport = {
  offers: 12,
  matching: 1,
  reasons: [
    {
      code: 'price-too-low',
      offers: 7,
      text: '7 ask more than the highest price (the cheapest 20 % above it)',
    },
    {
      code: 'too-little',
      property: 'golem.inf.mem.gib',
      offers: 4,
      text: '4 have less than 8 GiB memory (the most is 4 GiB)',
    },
  ],
  remedies: [
    { code: 'price-too-low', more: 5, text: 'raise the ceiling: 5 more', priceCeiling: 2n * 10n ** 14n },
    {
      code: 'too-little',
      property: 'golem.inf.mem.gib',
      more: 4,
      text: 'ask for 4 GiB memory: 4 more',
      value: 4,
    },
  ],
  text: '12 providers are on the board, 1 of them matches; 7 ask more than the highest price (the cheapest 20 % above it), 4 have less than 8 GiB memory (the most is 4 GiB).',
};
