import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import type { Address } from '../../protocol/primitives.ts';
import { buildSumTree, MAX_LEAVES, provesLimit, type SumProof } from './sum-tree.ts';

const payeeOf = (number: number): Address => `0x${number.toString(16).padStart(40, '0')}`;
const leaves = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ payee: payeeOf(i + 1), limit: BigInt(i + 1) * 10n }));

describe('a sum tree', () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 13, 100])('of %i payees proves each limit, and no other', (count) => {
    const tree = buildSumTree(leaves(count));
    expect(tree.total).toBe(BigInt((count * (count + 1)) / 2) * 10n);
    for (const { payee, limit } of leaves(count)) {
      const proof = tree.proofOf(payee)!;
      expect(proof.limit).toBe(limit);
      expect(provesLimit(proof, payee, tree.total)).toBe(true);
      expect(provesLimit({ ...proof, limit: limit + 1n }, payee, tree.total)).toBe(false);
      expect(provesLimit(proof, payee, tree.total + 1n)).toBe(false);
      expect(provesLimit(proof, payeeOf(999), tree.total)).toBe(false);
    }
    expect(tree.proofOf(payeeOf(999))).toBeUndefined();
  });

  it('is the same in whatever order and case the payees are named', () => {
    const random = seededRandom(7);
    const shuffled = leaves(20)
      .map((leaf) => ({ leaf, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ leaf }) => ({ ...leaf, payee: leaf.payee.toUpperCase().replace('0X', '0x') as Address }));
    expect(buildSumTree(shuffled).root).toEqual(buildSumTree(leaves(20)).root);
  });

  it('cannot be proven by a proof with any part changed', () => {
    const tree = buildSumTree(leaves(13));
    const payee = payeeOf(6);
    const proof = tree.proofOf(payee)!;
    const forged: SumProof[] = [
      { ...proof, root: new Uint8Array(32) },
      { ...proof, limit: -1n },
    ];
    for (const [i, sibling] of proof.siblings.entries()) {
      const change = (changed: object) =>
        forged.push({ ...proof, siblings: proof.siblings.with(i, { ...sibling, ...changed }) });
      change({ isLeft: !sibling.isLeft });
      change({ sum: sibling.sum + 1n });
      change({ sum: -1n });
      change({ hash: sibling.hash.slice(1) });
      change({ hash: sibling.hash.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) });
      forged.push({ ...proof, siblings: proof.siblings.toSpliced(i, 1) });
    }
    const [first] = proof.siblings;
    forged.push({ ...proof, siblings: new Array<typeof first & object>(33).fill(first!) });
    for (const one of forged) expect(provesLimit(one, payee, tree.total)).toBe(false);
  });

  it.each([
    ['nobody', []],
    ['somebody twice', [...leaves(2), { payee: payeeOf(1), limit: 1n }]],
    ['nothing', [{ payee: payeeOf(1), limit: 0n }]],
    ['a debt', [...leaves(2), { payee: payeeOf(3), limit: -1n }]],
    ['more than there can be', [...leaves(2), { payee: payeeOf(3), limit: 2n ** 128n - 30n }]],
    ['too many', leaves(MAX_LEAVES + 1)],
  ])('is not built for %s', (_, bad) => {
    expect(() => buildSumTree(bad)).toThrow(expect.objectContaining({ code: 'payment/bad-tree' }) as Error);
  });
});
