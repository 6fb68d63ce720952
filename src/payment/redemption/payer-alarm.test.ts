import { expect, test } from 'vitest';
import { describeAlarm, isConcerned, type PayerAlarm } from './payer-alarm.ts';
import type { Address } from '../../protocol/primitives.ts';

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const terms = { payer: address('AB'), sessionKey: address('CD') };
const EVENTS = ['ThawStarted', 'SignerRevoking', 'Shortfall', 'Equivocation'] as const;

test.each(EVENTS)('%s of the payer and its key concerns whoever works for them', (event) => {
  const alarm: PayerAlarm = { event, payer: address('ab'), signer: address('cd') };
  expect(isConcerned(terms, alarm)).toBe(true);
  expect(isConcerned(terms, { ...alarm, payer: address('00') })).toBe(false);
  expect(describeAlarm(alarm)).toMatch(/^The payer .*\.$/);
});

test('another key of the same payer concerns them too, unless it is only ended', () => {
  const concerned = EVENTS.filter((event) =>
    isConcerned(terms, { event, payer: terms.payer, signer: address('00') }),
  );
  expect(concerned).toEqual(['ThawStarted', 'Shortfall', 'Equivocation']);
  expect(isConcerned(terms, { event: 'SignerRevoking', payer: terms.payer })).toBe(false);
});
