import { describe, expect, test } from 'vitest';
import { credit, lowerBound, paymentReliability, reliability } from './bound.ts';
import { decayed, HALF_LIFE_MS, newRecord, note } from './record.ts';

describe('a record', () => {
  test('halves in a half-life and forgets nothing at once', () => {
    const record = note(newRecord(0), 'valid', 0, 8);
    expect(decayed(record, HALF_LIFE_MS).valid).toBeCloseTo(4, 12);
    expect(note(record, 'valid', 2 * HALF_LIFE_MS).valid).toBeCloseTo(3, 12);
    expect(decayed(record, HALF_LIFE_MS).consecutiveValid).toBe(8);
  });
  test('decays the same in one step or in many', () => {
    const record = note(newRecord(0), 'late', 0, 5);
    const stepwise = [1, 2, 3, 4].reduce((now, day) => decayed(now, (day * HALF_LIFE_MS) / 4), record);
    expect(stepwise.late).toBeCloseTo(decayed(record, HALF_LIFE_MS).late, 12);
  });
  test('a clock set back neither decays nor revives', () => {
    const record = note(newRecord(1_000), 'paid', 1_000);
    expect(decayed(record, 0)).toEqual(record);
    expect(note(record, 'paid', 0)).toMatchObject({ paid: 2, updatedAtMs: 1_000 });
  });
  test('only a wrong result ends the run of valid ones', () => {
    const run = note(note(newRecord(0), 'valid', 0, 12), 'late', 0);
    expect(run.consecutiveValid).toBe(12);
    expect(note(run, 'wrong', 0)).toMatchObject({ consecutiveValid: 0, wrong: 1, valid: 12 });
  });
});

describe('what it is worth', () => {
  const fresh = newRecord(0);

  test('Wilson by hand: 9 of 10 at z = 1.2816', () => {
    // z² = 1.64250; (0.9 + 0.082125 − 1.2816·√(0.1310625/10)) / 1.16425 = (0.982125 − 0.146721) / 1.16425
    expect(lowerBound(8, 0)).toBeCloseTo(0.71755, 5);
  });
  test('newcomers start low, not at nothing', () => {
    expect(reliability(fresh)).toBeGreaterThan(0.1);
    expect(reliability(fresh)).toBeLessThan(0.25);
  });
  test('grows with good results and stays below 1', () => {
    const some = reliability(note(fresh, 'valid', 0, 20));
    const many = reliability(note(fresh, 'valid', 0, 20_000));
    expect(some).toBeGreaterThan(0.8);
    expect(many).toBeGreaterThan(some);
    expect(many).toBeLessThan(1);
  });
  test('a wrong result weighs more than a late one, and leaving the room does not clean it', () => {
    const base = note(fresh, 'valid', 0, 50);
    const late = reliability(note(base, 'late', 0));
    const wrong = reliability(note(base, 'wrong', 0));
    expect(late).toBeLessThan(reliability(base));
    expect(wrong).toBeLessThan(late);
    expect(reliability(note(fresh, 'wrong', 0))).toBeLessThan(reliability(fresh));
  });
  test('requestors are judged by what they paid', () => {
    expect(paymentReliability(note(fresh, 'paid', 0, 100))).toBeGreaterThan(0.95);
    expect(paymentReliability(note(fresh, 'unpaid', 0, 100))).toBeLessThan(0.05);
  });
  test('credit: 1 for strangers, up to 10 for good payers, none once half is unpaid', () => {
    expect(credit(fresh)).toBe(1);
    expect(credit(note(fresh, 'paid', 0, 200))).toBe(2);
    expect(credit(note(fresh, 'paid', 0, 1e6))).toBe(10);
    expect(credit(note(note(fresh, 'paid', 0, 100), 'unpaid', 0, 100))).toBe(0);
    expect(credit(note(fresh, 'unpaid', 0))).toBe(0);
  });
});
