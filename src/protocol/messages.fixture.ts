import type * as v from 'valibot';
import type { KilnError } from '../base/errors.ts';
import type { Demand, Offer } from './announce.ts';
import { decode, encode } from './codec.ts';
import { type Envelope, seal } from './envelope.ts';
import { type Identity, identityFromSeed } from './identity.ts';
import type { Agreement, Proposal } from './negotiate.ts';

/** The CID of a one-byte blob; tests need one that parses, not one that is read. */
export const SOME_CID = 'bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu';
export const ADDRESS = `0x${'ab'.repeat(20)}`;
export const DIGEST_HEX = '0f'.repeat(32);
export const NOW_MS = Date.UTC(2026, 0, 1);
/** The last moment that a `Date` can show. */
export const LAST_TIME_MS = 8.64e15;

/** The identity of a seed of 32 equal bytes. */
export function identityOf(byte: number): Identity {
  return identityFromSeed(new Uint8Array(32).fill(byte));
}

export const REQUESTOR = identityOf(1);
export const PROVIDER = identityOf(2);

/** A sound demand, signed by nobody yet. */
export const DEMAND: Demand = {
  requestor: REQUESTOR.peer,
  addresses: ['/ip4/127.0.0.1/tcp/1/ws'],
  job: SOME_CID,
  name: 'Squares',
  kind: 'wasi',
  requirements: { memoryBytes: 1_000 },
  microUnitsPerTask: 10_000,
  tasksLeft: 3,
  seats: { total: 4, filled: 1 },
  priceCeiling: 1_000_000n,
  policy: { kind: 'quorum', need: 2, limit: 3, auditRate: 0.1 },
  comparator: { class: 'exact' },
  payment: { chainId: 137, pool: ADDRESS, payer: ADDRESS, sessionKey: ADDRESS },
  blobs: [{ cid: SOME_CID, bytes: 1 }],
  issuedAt: NOW_MS,
  expiresAt: NOW_MS + 60_000,
};

/** A sound offer. */
export const OFFER: Offer = {
  provider: PROVIDER.peer,
  addresses: [],
  payee: ADDRESS,
  chainId: 137,
  kinds: [{ kind: 'wasi', microUnitsPerSecond: 1_000_000, pricePerUnit: 5n }],
  slots: { total: 4, free: 2 },
  memoryBytes: 1_000_000,
  issuedAt: NOW_MS,
  expiresAt: NOW_MS + 60_000,
};

/** A sound answer to {@link DEMAND}. */
export const PROPOSAL: Proposal = {
  job: SOME_CID,
  requestor: REQUESTOR.peer,
  provider: PROVIDER.peer,
  addresses: [],
  payee: ADDRESS,
  kind: 'wasi',
  pricePerUnit: 900_000n,
  slots: 4,
  microUnitsPerSecond: 1_000_000,
  creditLimit: 100n,
  cachedBytes: 0,
  issuedAt: NOW_MS,
  expiresAt: NOW_MS + 30_000,
};

/** The agreement that both of the above lead to. */
export const AGREEMENT: Agreement = {
  job: SOME_CID,
  requestor: REQUESTOR.peer,
  provider: PROVIDER.peer,
  payee: ADDRESS,
  payment: DEMAND.payment,
  kind: 'wasi',
  pricePerUnit: PROPOSAL.pricePerUnit,
  microUnitsPerTask: DEMAND.microUnitsPerTask,
  slots: 4,
  policy: DEMAND.policy,
  comparator: DEMAND.comparator,
  creditLimit: PROPOSAL.creditLimit,
  issuedAt: NOW_MS,
  expiresAt: NOW_MS + 3_600_000,
  nonce: new Uint8Array(16).fill(5),
};

/** Some envelope, for messages that only carry one. */
export const ENVELOPE: Envelope = seal(REQUESTOR, 'kiln/demand/1', DEMAND);

/** A copy with one place changed; `undefined` removes it. A path such as `seats.total` or `blobs.0.cid`. */
export function changed(message: unknown, path: string, value: unknown): unknown {
  const [head, ...rest] = path.split('.');
  const inner = (old: unknown) => (rest.length === 0 ? value : changed(old, rest.join('.'), value));
  if (Array.isArray(message)) return message.map((old, i) => (`${i}` === head ? inner(old) : old));
  const object = message as Record<string, unknown>;
  return { ...object, [head!]: inner(object[head!]) };
}

/** What a stranger's message ends in: `accepted`, or the code and place of its refusal. */
export function verdictOn(schema: v.GenericSchema, message: unknown, maxBytes = 4_194_304): string {
  try {
    decode(schema, encode(message), maxBytes);
    return 'accepted';
  } catch (error) {
    const { code, data } = error as KilnError;
    return data === undefined ? String(error) : `${code} at ${String(data.path ?? '?')}`;
  }
}

/** One bound: the place, what is just accepted there, and what is just refused. */
export type Bound = readonly [path: string, accepted: unknown, refused: unknown];

/** Everything that a count refuses. */
export function countBounds(path: string, most = Number.MAX_SAFE_INTEGER, least = 0): Bound[] {
  return [
    [path, least, least - 1],
    [path, most, most + 1],
    [path, least + 1, least + 0.5],
    [path, least + 1, `${least + 1}`],
    [path, least + 1, null],
  ];
}

/** Fails on the first bound that is not where it is said to be, naming it. */
export function brokenBounds(schema: v.GenericSchema, message: unknown, bounds: readonly Bound[]): string[] {
  return bounds.flatMap(([path, accepted, refused]) => {
    const right = verdictOn(schema, changed(message, path, accepted));
    const wrong = verdictOn(schema, changed(message, path, refused));
    const broken: string[] = [];
    if (right !== 'accepted') broken.push(`${path}: ${show(accepted)} should be accepted, was ${right}`);
    if (
      !wrong.startsWith('protocol/invalid at ') ||
      !samePlace(wrong.slice('protocol/invalid at '.length), path)
    )
      broken.push(`${path}: ${show(refused)} should be refused there, was ${wrong}`);
    return broken;
  });
}

/** The refusal names the place itself, one inside it, or one around it (a union tells only that). */
function samePlace(told: string, path: string): boolean {
  return told === path || told.startsWith(`${path}.`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? `${inner}n` : inner,
  );
  return (text ?? 'undefined').slice(0, 60);
}
