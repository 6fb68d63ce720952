import type { Bytes } from '../base/bytes.ts';
import { cutBlob } from '../base/cid.ts';
import { KilnError } from '../base/errors.ts';
import { type Manifest, manifestSchema } from '../protocol/manifest.ts';
import { checkManifest } from './check/check-manifest.ts';
import { namesAt, type PathKey, pathText, schemaAt } from './check/expectation.ts';
import { validateManifest } from './check/validate-manifest.ts';

/**
 * A job as authors keep it in a file: a manifest in JSON that may name its schema (`$schema`, for editors), and that
 * says `{ "file": "program.wasm" }` where a manifest has the CID and size of a blob. `readFile` gives the bytes of such
 * a file. Throws `job/not-json`, `job/bad-file`, what `readFile` threw, and all that a manifest is refused for.
 *
 * @example
 * const { manifest, blobs } = await openJobFile(text, async (path) => new Uint8Array(await readFile(join(folder, path))));
 */
export async function openJobFile(
  text: string,
  readFile: (path: string) => Promise<Bytes>,
): Promise<{ readonly manifest: Manifest; readonly blobs: readonly Bytes[] }> {
  const raw = parseJson(text);
  const blobs = new Map<string, Promise<{ readonly bytes: Bytes; readonly cid: string }>>();
  const fill = async (part: unknown, path: readonly PathKey[]): Promise<unknown> => {
    if (part === null || typeof part !== 'object') return part;
    const file = fileOf(raw, part, path);
    if (file !== undefined) {
      const blob = blobs.get(file) ?? named(readFile(file));
      blobs.set(file, blob);
      const { bytes, cid } = await blob;
      return { cid, bytes: bytes.byteLength };
    }
    if (Array.isArray(part)) return Promise.all(part.map((item, i) => fill(item, [...path, i])));
    const entries = await Promise.all(
      Object.entries(part).map(async ([key, value]) => [key, await fill(value, [...path, key])] as const),
    );
    return Object.fromEntries(entries);
  };
  const manifest = validateManifest(await fill(raw, []));
  checkManifest(manifest);
  const read = await Promise.all(blobs.values());
  return { manifest, blobs: read.map(({ bytes }) => bytes) };
}

async function named(reading: Promise<Bytes>): Promise<{ readonly bytes: Bytes; readonly cid: string }> {
  const bytes = await reading;
  return { bytes, cid: (await cutBlob(bytes)).cid };
}

/** The file that stands in place of a blob; undefined where no blob may stand or none is named. */
function fileOf(raw: unknown, part: object, path: readonly PathKey[]): string | undefined {
  const isInput = namesAt(schemaAt(manifestSchema, path, raw), part).includes('cid');
  if (!isInput || !Object.hasOwn(part, 'file')) return undefined;
  const { file } = part as { readonly file: unknown };
  if (typeof file === 'string' && Object.keys(part).length === 1) return file;
  const place = pathText(path);
  throw new KilnError('job/bad-file', `${place}: "file" must be a path, and the only key there.`, {
    data: { path: place },
    hint: 'Write { "file": "program.wasm" }, or the "cid" and "bytes" of a blob.',
  });
}

function parseJson(text: string): unknown {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new KilnError('job/not-json', `This job file is not JSON: ${(cause as Error).message}.`, {
      cause,
      hint: 'Look for a missing or surplus comma, quote or bracket there; JSON knows no comments.',
    });
  }
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) return raw;
  const { $schema: _, ...job } = raw as Record<string, unknown>;
  return job;
}
