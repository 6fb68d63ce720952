import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ownBytes } from '../../base/bytes.ts';
import type { Demand } from '../../protocol/announce.ts';
import { encode } from '../../protocol/codec.ts';
import type { GroupProof } from '../../protocol/group.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { type GroupKey, parseGroupKey } from './group-key.ts';

/** Length of an HMAC-SHA256. */
const TAG_BYTES = 32;

/** What a proof is bound to: in other hands, for another job or later it shows nothing. */
export interface ProofScope {
  readonly role: 'requestor' | 'provider';
  /** Who proves. */
  readonly peer: PeerId;
  readonly job: string;
  /** `expiresAt` of the demand or proposal that carries it, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Shows that `scope.peer` knows the key: HMAC-SHA256 over the scope, in dag-cbor, so that no two scopes read alike. */
export function proveMember(key: GroupKey, scope: ProofScope): GroupProof {
  return { id: key.id, proof: ownBytes(tagOf(key, scope)) };
}

/** Is this a proof by that peer, for that job and moment, under this key? Takes the same time for every wrong one. */
export function checkMember(key: GroupKey, proof: GroupProof, scope: ProofScope, nowMs: number): boolean {
  return scope.expiresAt > nowMs && isProof(key, proof, scope);
}

/**
 * The one of these groups (texts of their keys) that a demand comes from, or undefined. A text that is no key belongs to
 * no group. Whether the demand has expired is for its reader to check.
 */
export function groupOfDemand(
  { group, requestor, job, expiresAt }: Pick<Demand, 'group' | 'requestor' | 'job' | 'expiresAt'>,
  keys: readonly string[],
): GroupKey | undefined {
  if (group === undefined) return undefined;
  const scope: ProofScope = { role: 'requestor', peer: requestor, job, expiresAt };
  return keys.flatMap((text) => readKey(text) ?? []).find((key) => isProof(key, group, scope));
}

function isProof(key: GroupKey, { id, proof }: GroupProof, scope: ProofScope): boolean {
  if (id !== key.id || proof.byteLength !== TAG_BYTES) return false;
  let differing = 0;
  for (const [i, byte] of tagOf(key, scope).entries()) differing |= byte ^ proof[i]!;
  return differing === 0;
}

function readKey(text: string): GroupKey | undefined {
  try {
    return parseGroupKey(text);
  } catch {
    return undefined;
  }
}

function tagOf({ secret }: GroupKey, { role, peer, job, expiresAt }: ProofScope): Uint8Array {
  return hmac(sha256, secret, encode(['kiln/group/1', role, peer, job, expiresAt]));
}
