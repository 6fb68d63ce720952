import { describe, expect, test } from 'vitest';
import chunkList from '../../tests/vectors/chunk-list.json';
import envelopes from '../../tests/vectors/envelopes.json';
import manifests from '../../tests/vectors/manifests.json';
import runRecord from '../../tests/vectors/run-record.json';
import resultVector from '../../tests/vectors/result.json';
import voucherVector from '../../tests/vectors/voucher.json';
import workFrames from '../../tests/vectors/work-frames-2.json';
import { concat, fromHex, toHex } from '../base/bytes.ts';
import { chunkCidOfDigest, cutBlob, matchesCid, parseChunkList } from '../base/cid.ts';
import { jobCid, manifestBytes, parseManifest } from '../job/manifest.ts';
import {
  recoverVoucherSigner,
  signVoucher,
  type Voucher,
  voucherDigest,
} from '../payment/voucher/voucher.ts';
import { demandSchema, offerSchema } from './announce.ts';
import { decode, encode } from './codec.ts';
import { decodeEnvelope, type Domain, encodeEnvelope, open, seal } from './envelope.ts';
import { identityFromSeed } from './identity.ts';
import type { Manifest } from './manifest.ts';
import { agreementSchema, proposalSchema } from './negotiate.ts';
import { openRunRecord, sealRunRecord } from './run-record.ts';
import { commitment, type Result, resultDigest, resultSchema, taskSeed } from './task.ts';
import { commitSchema, WORK } from './work.ts';

const MAX_BYTES = 1_048_576;
const SCHEMAS = {
  demand: demandSchema,
  offer: offerSchema,
  proposal: proposalSchema,
  agreement: agreementSchema,
  commit: commitSchema,
};

/** A vector's value with its bytes and amounts in place. */
function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (value === null || typeof value !== 'object') return value;
  const { hex, amount, ...rest } = value as Record<string, unknown>;
  if (typeof hex === 'string' && Object.keys(rest).length === 0) return fromHex(hex);
  if (typeof amount === 'string' && Object.keys(rest).length === 0) return BigInt(amount);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revived(inner)]));
}

describe('envelopes', () => {
  test.each(envelopes)('$name', async ({ name, seed, signer, domain, message, digest, bytes }) => {
    const received = fromHex(bytes.hex);
    const schema = SCHEMAS[name as keyof typeof SCHEMAS];
    const opened = await open(decodeEnvelope(received, MAX_BYTES), domain as Domain, schema, MAX_BYTES);
    expect(opened.message).toEqual(revived(message));
    expect([opened.signer, opened.digest]).toEqual([signer, digest]);
    const written = seal(identityFromSeed(fromHex(seed.hex)), domain as Domain, revived(message));
    expect(toHex(encodeEnvelope(written))).toBe(bytes.hex);
  });
});

test('the record of a run', async () => {
  const received = fromHex(runRecord.bytes.hex);
  const { message, signer, digest } = await openRunRecord(received);
  expect([signer, digest]).toEqual([runRecord.signer, runRecord.digest]);
  const written = sealRunRecord(identityFromSeed(fromHex(runRecord.seed.hex)), message);
  expect(toHex(written)).toBe(runRecord.bytes.hex);
});

test.each(workFrames.map((frame) => [`${frame.direction}: ${frame.message.type}`, frame] as const))(
  'frames %s',
  (_, { direction, message, bytes }) => {
    const schema = direction === 'up' ? WORK.toListener : WORK.toDialer;
    expect(decode(schema, fromHex(bytes.hex), WORK.maxFrameBytes)).toEqual(revived(message));
    expect(toHex(encode(revived(message)))).toBe(bytes.hex);
  },
);

test('a result, its digest, its commitment and the seed of its task', async () => {
  const { job, task, provider } = resultVector;
  const result = decode(resultSchema, encode(revived(resultVector.result)), MAX_BYTES) as Result;
  const digest = await resultDigest(result);
  expect(toHex(digest)).toBe(resultVector.digest.hex);
  const nonce = fromHex(resultVector.nonce.hex);
  expect(toHex(await commitment(job, task, provider, nonce, digest))).toBe(resultVector.commitment.hex);
  expect(toHex(await taskSeed(job, task))).toBe(resultVector.seed.hex);
});

test.each(manifests.map((vector) => [vector.manifest.name, vector] as const))(
  'the job %s and its name',
  async (_, { manifest, cid, bytes }) => {
    expect(parseManifest(fromHex(bytes.hex))).toEqual(manifest);
    expect(toHex(manifestBytes(manifest as unknown as Manifest))).toBe(bytes.hex);
    expect(await jobCid(manifest as unknown as Manifest)).toBe(cid);
  },
);

test('a chunk list', async () => {
  const blob = concat(chunkList.parts.map(({ bytes, fill }) => new Uint8Array(bytes).fill(fill)));
  const { cid, pieces } = await cutBlob(blob);
  expect([cid, toHex(pieces.at(-1)!.bytes)]).toEqual([chunkList.cid, chunkList.bytes.hex]);
  const list = parseChunkList(fromHex(chunkList.bytes.hex));
  expect([list.size, list.chunks.map(chunkCidOfDigest)]).toEqual([chunkList.size, chunkList.chunks]);
  expect(await matchesCid(chunkList.cid, fromHex(chunkList.bytes.hex))).toBe(true);
});

test('a voucher', async () => {
  const voucher = revived(voucherVector.voucher) as Voucher;
  const { domain, digest, signature, sessionKey, privateKey } = voucherVector;
  expect(`0x${toHex(voucherDigest({ ...domain }, voucher))}`).toBe(digest);
  const signed = await signVoucher(domain, voucher, privateKey as `0x${string}`);
  expect(toHex(signed.signature)).toBe(signature.hex);
  expect(await recoverVoucherSigner(domain, { ...voucher, signature: fromHex(signature.hex) })).toBe(
    sessionKey.toLowerCase(),
  );
});
