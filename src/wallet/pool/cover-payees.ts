import type { Collection } from '../../base/collection.ts';
import { equalBytes } from '../../base/bytes.ts';
import { planCover } from '../../payment/cover/plan-cover.ts';
import {
  buildSumTree,
  MAX_OPEN_PROOFS,
  type PostedProof,
  type SumLeaf,
  type SumTree,
} from '../../payment/cover/sum-tree.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { WalletAccount } from '../account/account.ts';
import { allocate, allocateOrder } from './collateral.ts';
import { MAX_COVERED_PAYEES } from '../constants.ts';
import type { PoolReader } from './pool-reader.ts';

/** A tree as it is kept: its proofs can be made again from it. */
export interface PostedTree {
  readonly leaves: readonly SumLeaf[];
  /** Unix seconds. */
  readonly until: number;
}

/** What {@link coverPayees} works with. */
export interface CoverInit {
  readonly reader: PoolReader;
  /** The payer's. */
  readonly account: WalletAccount;
  readonly terms: PaymentTerms;
  /** Keeps what was posted. Other records in it are left alone. */
  readonly posted: Collection<PostedTree>;
}

interface OpenProof {
  readonly payee: Address;
  readonly proof: PostedProof;
  /** What the payee can still draw by it. */
  readonly cover: bigint;
}

/**
 * Sets aside what a session key has promised to these payees and nobody has redeemed or covered yet: one root for all of
 * them, in one transaction of the payer; nothing is sent when nothing is open or free. Gives every proof that is good now,
 * those of earlier roots too. The tree is stored before it is sent. Throws `wallet/…`.
 *
 * @param untilMs how long it is to last; not after the key's expiry
 */
export async function coverPayees(
  { reader, account, terms, posted }: CoverInit,
  promised: readonly { readonly payee: Address; readonly promised: bigint }[],
  untilMs: number,
): Promise<{ readonly payee: Address; readonly proof: PostedProof }[]> {
  reader.forgetViews();
  const prefix = `cover/${terms.chainId}/${terms.pool}/${terms.sessionKey}/`.toLowerCase();
  const known = (await posted.entries())
    .filter(([key]) => key.startsWith(prefix))
    .map(([, { leaves, until }]) => ({ tree: buildSumTree(leaves), until }));
  const standings = await Promise.all(
    promised.slice(0, MAX_COVERED_PAYEES).map(async (one) => {
      const view = await reader.payerView(terms, one.payee);
      const open = await openProofs(reader, terms, one.payee, known);
      const allocated = open.reduce((sum, { cover }) => sum + cover, 0n);
      return { ...one, ...view, collateral: view.collateral + allocated, open };
    }),
  );
  const [first] = standings;
  if (first === undefined) return [];
  const open = standings.flatMap(({ open: own }) => own.map(({ payee, proof }) => ({ payee, proof })));
  const headroom = first.cap - first.spent;
  const wanting = standings.filter((standing) => standing.open.length < MAX_OPEN_PROOFS);
  const parts = planCover(wanting, first.free < headroom ? first.free : headroom);
  const leaves = freshLeaves(
    parts.map(({ payee, amount }) => ({ payee, limit: amount })),
    known.map(({ tree }) => tree),
  );
  if (leaves.length === 0) return open;
  const tree = buildSumTree(leaves);
  const order = allocateOrder(account.address, tree, Math.min(untilMs, first.expiresAtMs));
  await posted.put(`${prefix}${order.root}`, { leaves, until: order.until });
  await allocate(reader, account, order, { signer: terms.sessionKey as Address });
  reader.forgetViews();
  return [...open, ...leaves.map(({ payee }) => ({ payee, proof: postedProof(tree, payee, order.until)! }))];
}

/** The contract takes a root once: the first limit gives way by one unit until the root is new. */
function freshLeaves(leaves: readonly SumLeaf[], known: readonly SumTree[]): SumLeaf[] {
  let fresh = [...leaves];
  while (fresh[0] !== undefined) {
    const { root } = buildSumTree(fresh);
    if (!known.some((tree) => equalBytes(tree.root, root))) break;
    const [{ payee, limit }, ...others] = fresh as [SumLeaf, ...SumLeaf[]];
    fresh = limit > 1n ? [{ payee, limit: limit - 1n }, ...others] : others;
  }
  return fresh;
}

async function openProofs(
  reader: PoolReader,
  terms: PaymentTerms,
  payee: Address,
  known: readonly { readonly tree: SumTree; readonly until: number }[],
): Promise<OpenProof[]> {
  const proofs = known
    .map(({ tree, until }) => postedProof(tree, payee, until))
    .filter((proof) => proof !== undefined);
  const open = await Promise.all(
    proofs.map(async (proof) => ({ payee, proof, cover: await reader.allocationCover(terms, payee, proof) })),
  );
  return open.filter(({ cover }) => cover > 0n);
}

function postedProof(tree: SumTree, payee: Address, until: number): PostedProof | undefined {
  const proof = tree.proofOf(payee);
  return proof === undefined ? undefined : { ...proof, total: tree.total, until };
}
