import { makeZip } from 'client-zip';
import type { Bytes } from '../base/bytes.ts';

/** One file of an archive; `/` in its path makes folders. */
export interface ZipFile {
  readonly path: string;
  readonly bytes: Bytes;
}

/** Results carry no time of their own, and the same files must give the same archive: the earliest date ZIP knows. */
const ZIP_EPOCH = new Date(1980, 0, 1);

/** Files, one after another, as one uncompressed ZIP (ZIP64 where it must be). */
export async function zipFiles(files: AsyncIterable<ZipFile>): Promise<Bytes> {
  async function* entries() {
    for await (const { path, bytes } of files) yield { name: path, input: bytes, lastModified: ZIP_EPOCH };
  }
  return new Uint8Array(await new Response(makeZip(entries())).arrayBuffer());
}
