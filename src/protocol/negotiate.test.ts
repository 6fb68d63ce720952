import { describe, expect, test } from 'vitest';
import { MAX_REASON_CHARS } from './constants.ts';
import {
  ADDRESS,
  AGREEMENT,
  type Bound,
  brokenBounds,
  changed,
  countBounds,
  ENVELOPE,
  LAST_TIME_MS,
  PROPOSAL,
  PROVIDER,
  SOME_CID,
  verdictOn,
} from './messages.fixture.ts';
import { agreementSchema, NEGOTIATE, proposalSchema, refusalReasonSchema } from './negotiate.ts';

const amount = (path: string): Bound[] => [
  [path, 0n, 5],
  [path, 2n ** 128n - 1n, new Uint8Array(15)],
];
const both: Bound[] = [
  ['job', SOME_CID, 'x'],
  ['requestor', PROVIDER.peer, 'x'],
  ['provider', PROVIDER.peer, 'x'],
  ['payee', ADDRESS, `${ADDRESS}0`],
  ['kind', 'wgsl', 'docker'],
  ...amount('pricePerUnit'),
  ...amount('creditLimit'),
  ...countBounds('slots', 256, 1),
  ...countBounds('issuedAt', LAST_TIME_MS),
  ...countBounds('expiresAt', LAST_TIME_MS),
];

describe('the limits of', () => {
  test.each([
    [
      'a proposal',
      proposalSchema,
      PROPOSAL,
      [
        ...both,
        ['addresses', new Array(6).fill('/a'), new Array(7).fill('/a')],
        ...countBounds('microUnitsPerSecond'),
        ...countBounds('cachedBytes'),
      ],
    ],
    [
      'an agreement',
      agreementSchema,
      AGREEMENT,
      [
        ...both,
        ...countBounds('microUnitsPerTask', 1e15, 1),
        ['payment.pool', ADDRESS, 'x'],
        ['payment', AGREEMENT.payment, { ...AGREEMENT.payment, fee: 1 }],
        ['policy', { kind: 'trust', auditRate: 1 }, { kind: 'trust', auditRate: 2 }],
        ['comparator', { class: 'exact' }, { class: 'alike' }],
        ['nonce', new Uint8Array(16), new Uint8Array(15)],
        ['nonce', new Uint8Array(16), new Uint8Array(17)],
      ],
    ],
  ] as const)('%s', (_, schema, message, bounds) => {
    expect(brokenBounds(schema, message, bounds as readonly Bound[])).toEqual([]);
    expect(verdictOn(schema, { ...message, extra: 1 })).toBe('protocol/invalid at extra');
    for (const name of Object.keys(message))
      expect(verdictOn(schema, changed(message, name, undefined))).toBe(`protocol/invalid at ${name}`);
  });
});

const refusal = { type: 'refusal', reason: 'busy', detail: '' };
const proposal = { type: 'proposal', proposal: ENVELOPE };
const counter = { type: 'counter-signature', agreement: ENVELOPE };
const agreement = { type: 'agreement', agreement: ENVELOPE };
const sealed = { type: 'sealed' };

describe('on the stream', () => {
  test('each side says only what is its own', () => {
    const verdicts = [refusal, proposal, counter, agreement, sealed].map((message) => [
      verdictOn(NEGOTIATE.toListener, message),
      verdictOn(NEGOTIATE.toDialer, message),
    ]);
    const no = 'protocol/invalid at type';
    expect(verdicts).toEqual([
      ['accepted', 'accepted'],
      ['accepted', no],
      ['accepted', no],
      [no, 'accepted'],
      [no, 'accepted'],
    ]);
  });
  test('a refusal has a known reason and a bounded detail', () => {
    for (const schema of [NEGOTIATE.toListener, NEGOTIATE.toDialer]) {
      expect(
        brokenBounds(schema, refusal, [
          ['detail', 'x'.repeat(MAX_REASON_CHARS), 'x'.repeat(MAX_REASON_CHARS + 1)],
          ['reason', 'terms-differ', 'do-not-like-you'],
        ]),
      ).toEqual([]);
      for (const reason of refusalReasonSchema.options)
        expect(verdictOn(schema, { ...refusal, reason })).toBe('accepted');
    }
  });
  test('nothing beside what belongs there', () => {
    for (const [schema, message] of [
      [NEGOTIATE.toListener, proposal],
      [NEGOTIATE.toListener, counter],
      [NEGOTIATE.toDialer, agreement],
      [NEGOTIATE.toDialer, sealed],
      [NEGOTIATE.toDialer, refusal],
    ] as const)
      expect(verdictOn(schema, { ...message, extra: 1 })).toBe('protocol/invalid at extra');
  });
  test('a frame beyond its limit is refused unread', () => {
    const large = {
      ...proposal,
      proposal: { ...ENVELOPE, payload: new Uint8Array(NEGOTIATE.maxFrameBytes) },
    };
    expect(verdictOn(NEGOTIATE.toListener, large, NEGOTIATE.maxFrameBytes)).toMatch(/^protocol\/too-large/);
  });
});
