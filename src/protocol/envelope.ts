import * as v from 'valibot';
import { type Bytes, concat, ownBytes, toHex, utf8 } from '../base/bytes.ts';
import { sha256 } from '../base/cid.ts';
import { KilnError } from '../base/errors.ts';
import { decode, encode } from './codec.ts';
import { type Identity, isSignedBy, type PeerId, peerIdOfPublicKey } from './identity.ts';

/** What a signature is for; a signature in one domain means nothing in another. */
export type Domain =
  | 'kiln/demand/1'
  | 'kiln/offer/1'
  | 'kiln/proposal/1'
  | 'kiln/agreement/1'
  | 'kiln/commit/1'
  | 'kiln/fraud/1'
  | 'kiln/receipt/1'
  | 'kiln/record/1'
  | 'kiln/run/1';

/** A signed message on the wire: the payload's exact bytes, who signed, for what. */
export const envelopeSchema = v.strictObject({
  domain: v.pipe(v.string(), v.maxLength(40)),
  payload: v.pipe(v.instance(Uint8Array), v.maxLength(256 * 1024)),
  publicKey: v.pipe(v.instance(Uint8Array), v.length(32)),
  signature: v.pipe(v.instance(Uint8Array), v.length(64)),
});
export type Envelope = v.InferOutput<typeof envelopeSchema>;

/** An opened envelope: the validated message, who signed it, and the hex SHA-256 of its payload. */
export interface Opened<Message> {
  readonly message: Message;
  readonly signer: PeerId;
  readonly digest: string;
  readonly envelope: Envelope;
}

function signedBytes(domain: string, payload: Uint8Array): Bytes {
  const name = utf8(domain);
  return concat([Uint8Array.of(name.byteLength), name, payload]);
}

/** Signs a message for a domain. */
export function seal(identity: Identity, domain: Domain, message: unknown): Envelope {
  return sealBytes(identity, domain, encode(message));
}

/** Signs bytes that exist already, as a counter-signature does. */
export function sealBytes(identity: Identity, domain: Domain, payload: Uint8Array): Envelope {
  return {
    domain,
    payload: ownBytes(payload),
    publicKey: identity.publicKey,
    signature: identity.sign(signedBytes(domain, payload)),
  };
}

/**
 * Checks domain, signature and schema, in this order, over the bytes received. Throws
 * `envelope/wrong-domain`, `envelope/bad-signature`, or what {@link decode} throws.
 */
export async function open<Schema extends v.GenericSchema>(
  envelope: Envelope,
  domain: Domain,
  schema: Schema,
  maxBytes: number,
): Promise<Opened<v.InferOutput<Schema>>> {
  if (envelope.domain !== domain) {
    throw new KilnError('envelope/wrong-domain', 'This signature was made for something else.', {
      data: { expected: domain, received: envelope.domain },
    });
  }
  if (!isSignedBy(envelope.publicKey, signedBytes(domain, envelope.payload), envelope.signature)) {
    throw new KilnError('envelope/bad-signature', 'The signature does not fit the message.');
  }
  return {
    message: decode(schema, envelope.payload, maxBytes),
    signer: peerIdOfPublicKey(envelope.publicKey),
    digest: toHex(await sha256(envelope.payload)),
    envelope,
  };
}

/** An envelope alone in a frame or file. */
export function encodeEnvelope(envelope: Envelope): Bytes {
  return encode(envelope);
}

/** The envelope in untrusted bytes; its signature is not checked yet. */
export function decodeEnvelope(bytes: Uint8Array, maxBytes: number): Envelope {
  return decode(envelopeSchema, bytes, maxBytes);
}
