import type { FraudView, OwnRecordView } from '../../kiln/receipts/record-view.ts';

const NOTHING = { agreements: 0, counterparts: 0, accepted: 0, rejected: 0, lost: 0, paid: 0n };

/** Nobody has signed anything yet. */
export const EMPTY_RECORD: OwnRecordView = {
  peer: '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo',
  asProvider: NOTHING,
  asRequestor: NOTHING,
  refused: [],
};

/** Work done for three, and one job of one's own. */
export const SAMPLE_RECORD: OwnRecordView = {
  ...EMPTY_RECORD,
  asProvider: { agreements: 4, counterparts: 3, accepted: 412, rejected: 1, lost: 6, paid: 21n * 10n ** 15n },
  asRequestor: { agreements: 2, counterparts: 2, accepted: 96, rejected: 0, lost: 2, paid: 8n * 10n ** 15n },
};

/** What was proven of one peer, and what is claimed of another. */
export const SAMPLE_PROOFS: readonly FraudView[] = [
  {
    digest: '1f'.repeat(32),
    provider: '12D3KooWH3uVF6wv47WnArKHk5p6cvgCJEb74UTmxztmQDc298L3',
    accuser: '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X',
    job: 'bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu',
    task: 17,
    kind: 'refuted',
    state: 'proven',
    receivedAtMs: Date.UTC(2026, 0, 2, 12),
    isOwn: true,
  },
  {
    digest: '2e'.repeat(32),
    provider: '12D3KooWCRscMgHgEo3ojm8ovzheydpvTEqsDtq7Vby38cMHrYjt',
    accuser: '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X',
    job: 'bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu',
    task: 3,
    kind: 'refuted',
    state: 'claimed',
    receivedAtMs: Date.UTC(2026, 0, 2, 11),
    isOwn: false,
  },
];
