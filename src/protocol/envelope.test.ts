import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { concat, toHex, utf8 } from '../base/bytes.ts';
import { sha256 } from '../base/cid.ts';
import type { KilnError } from '../base/errors.ts';
import { encode } from './codec.ts';
import {
  decodeEnvelope,
  encodeEnvelope,
  type Envelope,
  envelopeSchema,
  open,
  seal,
  sealBytes,
} from './envelope.ts';
import { brokenBounds, changed, identityOf, verdictOn } from './messages.fixture.ts';

const schema = v.strictObject({ text: v.string() });
const signer = identityOf(3);
const envelope = seal(signer, 'kiln/demand/1', { text: 'mine' });
const MAX_BYTES = 1_000;

async function codeOf(one: Envelope, domain: Parameters<typeof open>[1] = 'kiln/demand/1'): Promise<string> {
  return open(one, domain, schema, MAX_BYTES).then(
    () => 'none',
    (error: KilnError) => error.code,
  );
}

test('a sealed message opens with its signer and the digest of its bytes', async () => {
  const opened = await open(envelope, 'kiln/demand/1', schema, MAX_BYTES);
  expect(opened).toEqual({
    message: { text: 'mine' },
    signer: signer.peer,
    digest: toHex(await sha256(encode({ text: 'mine' }))),
    envelope,
  });
});

test('an envelope survives the wire', async () => {
  const bytes = encodeEnvelope(envelope);
  expect(decodeEnvelope(bytes, bytes.byteLength)).toEqual(envelope);
  expect(() => decodeEnvelope(bytes, bytes.byteLength - 1)).toThrow(
    expect.objectContaining({ code: 'protocol/too-large' }),
  );
});

describe('is refused', () => {
  test('in another domain, before its signature is looked at', async () => {
    const forged = { ...envelope, signature: new Uint8Array(64) };
    expect(await codeOf(forged, 'kiln/offer/1')).toBe('envelope/wrong-domain');
    expect(await codeOf(envelope, 'kiln/agreement/1')).toBe('envelope/wrong-domain');
  });
  test('under another domain than it was signed for', async () => {
    expect(await codeOf({ ...envelope, domain: 'kiln/offer/1' }, 'kiln/offer/1')).toBe(
      'envelope/bad-signature',
    );
  });
  test('when bytes move from the domain to the payload', async () => {
    const moved = sealBytes(signer, 'kiln/demand/1', utf8('x'));
    const longer = { ...moved, domain: 'kiln/demand/1x', payload: new Uint8Array(0) };
    expect(await codeOf(longer, 'kiln/demand/1x' as 'kiln/demand/1')).toBe('envelope/bad-signature');
  });
  test('with the key of somebody else', async () => {
    expect(await codeOf({ ...envelope, publicKey: identityOf(4).publicKey })).toBe('envelope/bad-signature');
  });
  test('with any bit of payload, key or signature flipped', async () => {
    const parts = ['payload', 'publicKey', 'signature'] as const;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...parts), fc.nat(), async (part, at) => {
        const bytes = Uint8Array.from(envelope[part]);
        const bit = at % (8 * bytes.byteLength);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        expect(await codeOf({ ...envelope, [part]: bytes })).toBe('envelope/bad-signature');
      }),
      { numRuns: 200 },
    );
  });
  test('with a signature over nothing but the payload', async () => {
    const bare = { ...envelope, signature: signer.sign(envelope.payload) };
    expect(await codeOf(bare)).toBe('envelope/bad-signature');
  });
  test('when it is well signed and says nonsense', async () => {
    expect(await codeOf(seal(signer, 'kiln/demand/1', { text: 5 }))).toBe('protocol/invalid');
    expect(await codeOf(sealBytes(signer, 'kiln/demand/1', utf8('\u0000\u0000')))).toBe('protocol/malformed');
    expect(await codeOf(seal(signer, 'kiln/demand/1', { text: 'x'.repeat(MAX_BYTES) }))).toBe(
      'protocol/too-large',
    );
  });
});

test('its form is bounded', () => {
  expect(
    brokenBounds(envelopeSchema, envelope, [
      ['domain', 'x'.repeat(40), 'x'.repeat(41)],
      ['payload', new Uint8Array(262_144), new Uint8Array(262_145)],
      ['payload', new Uint8Array(0), 'text'],
      ['publicKey', new Uint8Array(32), new Uint8Array(31)],
      ['publicKey', new Uint8Array(32), new Uint8Array(33)],
      ['signature', new Uint8Array(64), new Uint8Array(63)],
      ['signature', new Uint8Array(64), new Uint8Array(65)],
    ]),
  ).toEqual([]);
  expect(verdictOn(envelopeSchema, { ...envelope, extra: 1 })).toBe('protocol/invalid at extra');
  expect(verdictOn(envelopeSchema, changed(envelope, 'signature', undefined))).toBe(
    'protocol/invalid at signature',
  );
});

test('bytes that exist already are signed as they are', async () => {
  const bytes = concat([encode({ text: 'theirs' })]);
  const counter = sealBytes(identityOf(5), 'kiln/agreement/1', bytes);
  expect(counter.payload).toEqual(bytes);
  expect((await open(counter, 'kiln/agreement/1', schema, MAX_BYTES)).signer).toBe(identityOf(5).peer);
});
