import { describe, expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import type { KilnError } from '../../base/errors.ts';
import { newGroupKey, parseGroupKey } from './group-key.ts';
import { checkMember, groupOfDemand, proveMember, type ProofScope } from './group-proof.ts';

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);
const TEXT = newGroupKey(SECRET);
const KEY = parseGroupKey(TEXT);
const OTHER = parseGroupKey(newGroupKey(new Uint8Array(32)));
const scope: ProofScope = { role: 'requestor', peer: 'ada', job: 'job', expiresAt: 1_000 };

describe('the text of a key', () => {
  test('gives its secret and the name of its group back, the same for every member', () => {
    expect(TEXT).toMatch(/^kiln-group-[0-9a-f]{72}$/);
    expect(parseGroupKey(`  ${TEXT}\n`)).toEqual({ id: KEY.id, secret: SECRET });
    expect(KEY.id).toMatch(/^[0-9a-f]{32}$/);
    expect(OTHER.id).not.toBe(KEY.id);
    expect(TEXT).not.toContain(KEY.id);
  });
  test('is the same in every version of Kiln', () => {
    expect([TEXT.slice(-8), KEY.id, toHex(proveMember(KEY, scope).proof)]).toMatchInlineSnapshot(`
      [
        "f15561c4",
        "625608def5f1fee87f7dbd08676cca40",
        "3e433a4627ffbf39825811bc88302b2bfef38aa644daaf3078002a2b75e79d04",
      ]
    `);
  });
  test.each([
    ['empty', ''],
    ['cut short', TEXT.slice(0, -1)],
    ['cut to its secret', TEXT.slice(0, -8)],
    ['too long', `${TEXT}0`],
    ['without its beginning', TEXT.slice('kiln-group-'.length)],
    ['in capitals', TEXT.toUpperCase()],
    [
      'with one digit changed',
      TEXT.replace(/0(?=.{20}$)|1(?=.{20}$)|[2-9a-f](?=.{20}$)/, (d) => (d === '0' ? '1' : '0')),
    ],
    ['with two digits swapped', `kiln-group-${TEXT.slice(11, 14)}${TEXT[15]}${TEXT[14]}${TEXT.slice(16)}`],
    ['that is something else', '0x'.padEnd(83, 'ab')],
  ])('%s is refused without repeating it', (_, text) => {
    let error: KilnError | undefined;
    try {
      parseGroupKey(text);
    } catch (caught) {
      error = caught as KilnError;
    }
    expect(error?.code).toBe('market/bad-group-key');
    if (text !== '') expect(JSON.stringify(error)).not.toContain(text);
  });
  test('is made of 32 random bytes and nothing less', () => {
    expect(() => newGroupKey(new Uint8Array(31))).toThrow(RangeError);
  });
});

describe('a proof of membership', () => {
  const proof = proveMember(KEY, scope);
  test('holds for its peer, its job and its time', () => {
    expect(checkMember(KEY, proof, scope, 999)).toBe(true);
  });
  test.each<[string, Partial<ProofScope>]>([
    ['by another peer', { peer: 'bob' }],
    ['for another job', { job: 'another' }],
    ['in the other role', { role: 'provider' }],
    ['with a later end', { expiresAt: 2_000 }],
    ['with its fields shifted', { peer: 'adaj', job: 'ob' }],
  ])('shown %s is worth nothing', (_, change) => {
    expect(checkMember(KEY, proof, { ...scope, ...change }, 999)).toBe(false);
  });
  test('ends with its demand or proposal', () => {
    expect(checkMember(KEY, proof, scope, 1_000)).toBe(false);
  });
  test('of another group, or under its name, is refused', () => {
    expect(checkMember(OTHER, proof, scope, 0)).toBe(false);
    expect(checkMember(OTHER, { ...proof, id: OTHER.id }, scope, 0)).toBe(false);
    expect(checkMember(KEY, { ...proof, id: OTHER.id }, scope, 0)).toBe(false);
  });
  test('is refused when any byte of it differs, or when some are missing', () => {
    for (let i = 0; i < 32; i++) {
      const wrong = proof.proof.slice();
      wrong[i]! ^= 1;
      expect(checkMember(KEY, { ...proof, proof: wrong }, scope, 0)).toBe(false);
    }
    for (const length of [0, 1, 31])
      expect(checkMember(KEY, { ...proof, proof: proof.proof.slice(0, length) }, scope, 0)).toBe(false);
  });
});

test('a demand belongs to the group whose key it proves, among many and among texts that are no keys', () => {
  const demand = { requestor: 'ada', job: 'job', expiresAt: 1_000, group: proveMember(KEY, scope) };
  const keys = ['', 'kiln-group-', newGroupKey(new Uint8Array(32)), TEXT];
  expect(groupOfDemand(demand, keys)?.id).toBe(KEY.id);
  expect(groupOfDemand(demand, keys.slice(0, 3))).toBeUndefined();
  expect(groupOfDemand({ ...demand, requestor: 'bob' }, keys)).toBeUndefined();
  const { group: _, ...open } = demand;
  expect(groupOfDemand(open, keys)).toBeUndefined();
});
