import type { Bytes } from '../base/bytes.ts';
import { chunkCid, type Cid } from '../base/cid.ts';
import * as v from 'valibot';
import { KilnError } from '../base/errors.ts';
import { decode, encode } from '../protocol/codec.ts';
import { MAX_MANIFEST_BYTES } from '../protocol/constants.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { checkManifest } from './check/check-manifest.ts';
import { validateManifest } from './check/validate-manifest.ts';

/** A manifest as the bytes whose CID names the job; throws `job/manifest-too-large`. */
export function manifestBytes(manifest: Manifest): Bytes {
  const bytes = encode(manifest);
  if (bytes.byteLength <= MAX_MANIFEST_BYTES) return bytes;
  throw new KilnError('job/manifest-too-large', 'The description of this job is too large to be announced.', {
    data: { bytes: bytes.byteLength, maxBytes: MAX_MANIFEST_BYTES },
    hint: 'Move long arguments and tables into an input file.',
  });
}

/**
 * A stranger's bytes to a manifest that is sound in form and sense. Throws `protocol/too-large`, `protocol/malformed`,
 * `protocol/invalid` or what {@link checkManifest} finds.
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const manifest = validateManifest(decode(v.unknown(), bytes, MAX_MANIFEST_BYTES));
  checkManifest(manifest);
  return manifest;
}

/** The name of a job: the CID of its manifest's bytes. */
export function jobCid(manifest: Manifest): Promise<Cid> {
  return chunkCid(manifestBytes(manifest));
}
