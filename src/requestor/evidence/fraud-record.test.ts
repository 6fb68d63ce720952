import { describe, expect, test } from 'vitest';
import { ADDRESS, ENVELOPE, SOME_CID } from '../../protocol/messages.fixture.ts';
import { MAX_FRAUD_RECORDS, MAX_PER_ACCUSED, MAX_PER_ACCUSER } from './constants.ts';
import { type FraudRecord, makeRoom } from './fraud-record.ts';

const record = (change: Partial<FraudRecord>): FraudRecord => ({
  digest: `${change.provider}/${change.accuser}/${change.receivedAtMs}`,
  provider: 'accused',
  payee: ADDRESS as FraudRecord['payee'],
  accuser: 'accuser',
  job: SOME_CID,
  task: 1,
  kind: 'refuted',
  jobKind: 'wasi',
  state: 'claimed',
  envelope: ENVELOPE,
  receivedAtMs: 0,
  isOwn: false,
  ...change,
});
const isKnown = (peer: string) => peer.startsWith('known');

/** Adds records one after another, as the book does. */
function fill(records: readonly FraudRecord[], from: readonly FraudRecord[] = []): FraudRecord[] {
  let kept = [...from];
  for (const fresh of records) {
    const gone = makeRoom(kept, fresh, isKnown);
    if (gone !== undefined) kept = [...kept.filter((one) => !gone.includes(one)), fresh];
  }
  return kept;
}

describe('a flood of accusations', () => {
  const crowd = Array.from({ length: 2_000 }, (_, i) =>
    record({ provider: `sybil ${i}`, accuser: `crowd ${i}`, receivedAtMs: 10 + i, state: 'proven' }),
  );
  test('by a crowd pushes out nothing that is known of own dealings, and stays within its bound', () => {
    const before = [
      record({ provider: 'known a', state: 'proven', receivedAtMs: 1 }),
      record({ provider: 'known b', state: 'claimed', receivedAtMs: 2 }),
      record({ provider: 'caught', state: 'proven', isOwn: true, receivedAtMs: 3 }),
    ];
    const kept = fill(crowd, before);
    expect(kept).toHaveLength(MAX_FRAUD_RECORDS);
    for (const one of before) expect(kept).toContain(one);
    expect(kept).toContain(crowd.at(-1)); // newer strangers take the places of older ones
  });
  test('by one accuser takes its own places only', () => {
    const others = crowd.slice(0, 100);
    const loud = Array.from({ length: 500 }, (_, i) => record({ provider: `x${i}`, receivedAtMs: i }));
    const kept = fill(loud, others);
    expect(kept.filter(({ accuser }) => accuser === 'accuser')).toHaveLength(MAX_PER_ACCUSER);
    expect(kept.filter(({ accuser }) => accuser !== 'accuser')).toEqual(others);
  });
  test('against one accused is no more than a few, and nothing once it is convicted', () => {
    const many = Array.from({ length: 50 }, (_, i) => record({ accuser: `a${i}`, receivedAtMs: i }));
    expect(fill(many)).toHaveLength(MAX_PER_ACCUSED);
    const convicted = [record({ state: 'proven' })];
    expect(fill(many, convicted)).toEqual(convicted);
  });
  test('that were found false shields nobody: a claim against the same peer still finds a place', () => {
    const sybil = (state: FraudRecord['state']) => (_: unknown, i: number) =>
      record({ provider: 'known cheat', accuser: `sybil ${i}`, state, receivedAtMs: i });
    const falsehoods = Array.from({ length: MAX_FRAUD_RECORDS }, sybil('false'));
    for (const number of [MAX_PER_ACCUSED, MAX_FRAUD_RECORDS]) {
      const before = falsehoods.slice(0, number);
      const fresh = record({ provider: 'known cheat', accuser: 'honest', receivedAtMs: 1_000 });
      expect(fill([fresh], before)).toContain(fresh);
    }
    expect(fill(falsehoods)).toHaveLength(MAX_FRAUD_RECORDS);
  });
});
