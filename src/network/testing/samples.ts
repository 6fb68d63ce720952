import { chunkCidOfDigest } from '../../base/cid.ts';
import type { Demand, Offer } from '../../protocol/announce.ts';
import type { Identity } from '../../protocol/identity.ts';

/** A life well within the two minutes that announcements may have. */
const LIFE_MS = 60_000;
const ADDRESS = '0x00000000000000000000000000000000000000aa';

/** A valid demand for tests. */
export function sampleDemand(identity: Identity, nowMs: number, changes: Partial<Demand> = {}): Demand {
  return {
    requestor: identity.peer,
    addresses: [],
    job: chunkCidOfDigest(new Uint8Array(32)),
    name: 'sample',
    kind: 'wasi',
    requirements: {},
    microUnitsPerTask: 1_000,
    tasksLeft: 10,
    seats: { total: 4, filled: 0 },
    priceCeiling: 1_000n,
    policy: { kind: 'trust', auditRate: 0 },
    comparator: { class: 'exact' },
    payment: { chainId: 31_337, pool: ADDRESS, payer: ADDRESS, sessionKey: ADDRESS },
    blobs: [],
    issuedAt: nowMs,
    expiresAt: nowMs + LIFE_MS,
    ...changes,
  };
}

/** A valid offer for tests. */
export function sampleOffer(identity: Identity, nowMs: number, changes: Partial<Offer> = {}): Offer {
  return {
    provider: identity.peer,
    addresses: [],
    payee: ADDRESS,
    chainId: 31_337,
    kinds: [{ kind: 'wasi', microUnitsPerSecond: 1_000_000, pricePerUnit: 5n }],
    slots: { total: 4, free: 4 },
    memoryBytes: 1_073_741_824,
    issuedAt: nowMs,
    expiresAt: nowMs + LIFE_MS,
    ...changes,
  };
}
