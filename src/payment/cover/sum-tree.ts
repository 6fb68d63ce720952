import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, equalBytes, fromHex } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import type { Address } from '../../protocol/primitives.ts';
import { plainAddress } from '../voucher/voucher.ts';

/*
 * The Merkle sum tree over (payee, limit) of `contracts/src/pool/SumTree.sol`: leaf keccak256(0x00 ‖ payee ‖ limit), node
 * keccak256(0x01 ‖ hashL ‖ sumL ‖ hashR ‖ sumR), sums in 16 bytes. No payee can prove more than the root's sum leaves.
 */

/** Most payees of one tree that this browser builds: an allocation costs the same for one and for all of them. */
export const MAX_LEAVES = 4_096;
/** Proofs that may be open for one payee and session key; more wait until one is used up by redeeming. */
export const MAX_OPEN_PROOFS = 8;
/** Most siblings of a proof that the contract takes. */
const MAX_DEPTH = 32;
const MAX_SUM = 2n ** 128n - 1n;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** What one payee may draw. */
export interface SumLeaf {
  readonly payee: Address;
  readonly limit: bigint;
}

/** A node beside the way from a leaf to the root. */
export interface SumSibling {
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly sum: bigint;
  readonly isLeft: boolean;
}

/** Shows that a payee has this limit under this root. */
export interface SumProof {
  /** 32 bytes. */
  readonly root: Uint8Array;
  readonly limit: bigint;
  readonly siblings: readonly SumSibling[];
}

/** A proof with what its payer says of the root. */
export interface PostedProof extends SumProof {
  /** Sum of the whole tree. */
  readonly total: bigint;
  /** Last second at which it can be drawn, Unix time. */
  readonly until: number;
}

/** A tree: what goes on chain, and each payee's proof. */
export interface SumTree {
  readonly root: Uint8Array;
  readonly total: bigint;
  /** Undefined for a payee that is not in the tree. */
  proofOf(payee: Address): SumProof | undefined;
}

interface Node {
  readonly hash: Uint8Array;
  readonly sum: bigint;
}

/**
 * Builds the tree of these limits; the order of the payees does not matter. Throws `payment/bad-tree` for no payees, too
 * many, one named twice, or a limit that is not positive or makes the sum exceed 128 bits.
 *
 * @example
 * const { root, total, proofOf } = buildSumTree([{ payee, limit: 5n * GLM }]);
 */
export function buildSumTree(leaves: readonly SumLeaf[]): SumTree {
  const sorted = leaves
    .map(({ payee, limit }) => ({ payee: plainAddress(payee), limit }))
    .sort((a, b) => (a.payee < b.payee ? -1 : 1));
  const total = sorted.reduce((sum, { limit }) => sum + limit, 0n);
  const isNamedTwice = sorted.some(({ payee }, i) => sorted[i + 1]?.payee === payee);
  const isBad = isNamedTwice || total > MAX_SUM || sorted.some(({ limit }) => limit <= 0n);
  if (isBad || sorted.length === 0 || sorted.length > MAX_LEAVES) {
    throw new KilnError(
      'payment/bad-tree',
      'Collateral is set aside for payees that differ, each some of it.',
      {
        data: { payees: sorted.length, total: total.toString() },
        hint: `Name up to ${MAX_LEAVES} payees once, each with a positive amount.`,
      },
    );
  }
  const levels: Node[][] = [sorted.map(leafOf)];
  for (let level = levels[0]!; level.length > 1; level = levels.at(-1)!) levels.push(parents(level));
  const places = new Map(sorted.map(({ payee }, i) => [payee, i]));
  const { hash: root } = levels.at(-1)![0]!;
  return {
    root,
    total,
    proofOf: (payee) => {
      const place = places.get(plainAddress(payee));
      if (place === undefined) return undefined;
      return { root, limit: sorted[place]!.limit, siblings: siblingsOf(levels, place) };
    },
  };
}

/** Does this proof lead from (payee, limit) to its root and this sum? The contract's own rule; never throws. */
export function provesLimit({ root, limit, siblings }: SumProof, payee: Address, total: bigint): boolean {
  if (siblings.length > MAX_DEPTH || limit < 0n || limit > MAX_SUM) return false;
  let own = leafOf({ payee, limit });
  for (const { hash, sum, isLeft } of siblings) {
    const other = { hash, sum };
    if (hash.byteLength !== 32 || sum < 0n || own.sum > MAX_SUM || sum > MAX_SUM) return false;
    own = isLeft ? nodeOf(other, own) : nodeOf(own, other);
  }
  return own.sum === total && equalBytes(own.hash, root);
}

/** A node without a partner goes up as it is, so that no leaf is counted twice. */
function parents(level: readonly Node[]): Node[] {
  const above: Node[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const right = level[i + 1];
    above.push(right === undefined ? level[i]! : nodeOf(level[i]!, right));
  }
  return above;
}

function siblingsOf(levels: readonly (readonly Node[])[], place: number): SumSibling[] {
  const siblings: SumSibling[] = [];
  for (const level of levels) {
    const isLeft = place % 2 === 1;
    const sibling = level[isLeft ? place - 1 : place + 1];
    if (sibling !== undefined) siblings.push({ ...sibling, isLeft });
    place >>= 1;
  }
  return siblings;
}

function leafOf({ payee, limit }: SumLeaf): Node {
  return { hash: keccak_256(concat([LEAF, fromHex(payee.slice(2)), sumBytes(limit)])), sum: limit };
}

function nodeOf(left: Node, right: Node): Node {
  const parts = [NODE, left.hash, sumBytes(left.sum), right.hash, sumBytes(right.sum)];
  return { hash: keccak_256(concat(parts)), sum: left.sum + right.sum };
}

function sumBytes(sum: bigint): Uint8Array {
  return fromHex(sum.toString(16).padStart(32, '0'));
}
