import { expect, test } from 'vitest';
import { readStats } from './connection-quality.ts';

const PAIR = {
  id: 'P',
  type: 'candidate-pair',
  localCandidateId: 'L',
  remoteCandidateId: 'R',
  state: 'succeeded',
};
const LOCAL = { id: 'L', type: 'local-candidate', candidateType: 'host' };
const REMOTE = { id: 'R', type: 'remote-candidate', candidateType: 'srflx' };

test('the pair that the transport has chosen is the one that counts', () => {
  const entries = [
    { ...PAIR, id: 'other', currentRoundTripTime: 9, localCandidateId: 'T', nominated: true },
    { ...PAIR, currentRoundTripTime: 0.025, availableOutgoingBitrate: 3e6 },
    { id: 'T', type: 'local-candidate', candidateType: 'relay' },
    LOCAL,
    REMOTE,
    { id: 'S', type: 'transport', selectedCandidatePairId: 'P' },
  ];
  expect(readStats(entries)).toEqual({ rttMs: 25, bitsPerSecond: 3e6, isRelayed: false });
});
test('where no transport is told, it is the nominated pair that works', () => {
  const entries = [
    { ...PAIR, id: 'failed', state: 'failed', nominated: true, currentRoundTripTime: 9 },
    { ...PAIR, nominated: true, currentRoundTripTime: 0.1 },
    LOCAL,
    REMOTE,
  ];
  expect(readStats(entries)).toEqual({ rttMs: 100, isRelayed: false });
});
test.each(['L', 'R'])('a relay at either end relays all (%s)', (end) => {
  const entries = [
    { ...PAIR, nominated: true },
    ...[LOCAL, REMOTE].map((one) => (one.id === end ? { ...one, candidateType: 'relay' } : one)),
  ];
  expect(readStats(entries)).toEqual({ isRelayed: true });
});
test('statistics that tell nothing are no quality', () =>
  expect(readStats([])).toEqual({ isRelayed: false }));
