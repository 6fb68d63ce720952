import { expect, test } from 'vitest';
import { AGREEMENT } from '../protocol/messages.fixture.ts';
import type { RequestorAgreementRecord, ResultRecord, Supporter } from './records.ts';
import { planRestore } from './restore-plan.ts';

const { sessionKey } = AGREEMENT.payment;
const OK = { kind: 'ok' } as const;

function record(
  task: number,
  supporters: readonly Supporter[],
  more: Partial<ResultRecord> = {},
): ResultRecord {
  return { task, exit: OK, outputs: [], supporters, ...more };
}

function seat(provider: string, digest: string, issuedAt = 0): RequestorAgreementRecord {
  const envelope = {
    domain: '',
    payload: new Uint8Array(),
    publicKey: new Uint8Array(32),
    signature: new Uint8Array(64),
  };
  return {
    digest,
    agreement: { ...AGREEMENT, provider, issuedAt },
    requestorEnvelope: envelope,
    providerEnvelope: envelope,
    addresses: [],
  };
}

const alice: Supporter = { peer: 'alice', agreement: 'a' };
const bob: Supporter = { peer: 'bob', agreement: 'b' };
const plan = (results: readonly ResultRecord[], banned: readonly string[] = []) =>
  planRestore(results, [seat('alice', 'a', 2), seat('bob', 'b', 1)], { banned: new Set(banned), sessionKey });

test('verdicts are taken up in their order, those of earlier versions first', () => {
  const results = [record(0, [alice], { order: 7 }), record(1, [bob]), record(2, [alice], { order: 3 })];
  expect(plan(results).standing.map(({ task }) => task)).toEqual([1, 2, 0]);
});

test('held pay is not owed: it is due with the release', () => {
  const results = [record(0, [{ ...alice, isHeld: true }], { isProvisional: true }), record(1, [alice, bob])];
  expect([...plan(results).accepted]).toEqual([
    ['a', 1],
    ['b', 1],
  ]);
});

test('what only caught providers vouch for runs again, unless this device vouches for it too', () => {
  const results = [
    record(0, [alice]),
    record(1, [alice], { isProven: true }),
    record(2, [alice, bob]),
    record(3, []),
  ];
  const { dropped, standing, seats, banned } = plan(results, ['alice']);
  expect(dropped).toEqual([0]);
  expect(standing.map(({ task }) => task)).toEqual([1, 2, 3]);
  expect(seats.map(({ digest }) => digest)).toEqual(['b']);
  expect(banned.map(({ digest }) => digest)).toEqual(['a']);
});

test('agreements of another session key belong to another run of the job', () => {
  const { seats } = planRestore([], [seat('alice', 'a')], {
    banned: new Set(),
    sessionKey: `0x${'9'.repeat(40)}`,
  });
  expect(seats).toEqual([]);
});
