import type { Cid } from '../base/cid.ts';
import { KilnError } from '../base/errors.ts';

/** What eviction knows of a stored piece. */
export interface ChunkMeta {
  readonly cid: Cid;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

/**
 * Which pieces go, least recently used first, so that `neededBytes` are freed. Pieces in `kept` never go;
 * when the others do not suffice, all of them go and the sum falls short.
 */
export function chooseVictims(
  metas: readonly ChunkMeta[],
  kept: ReadonlySet<Cid>,
  neededBytes: number,
): { readonly victims: readonly ChunkMeta[]; readonly freedBytes: number } {
  const victims: ChunkMeta[] = [];
  let freedBytes = 0;
  for (const meta of metas.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if (freedBytes >= neededBytes) break;
    if (kept.has(meta.cid)) continue;
    victims.push(meta);
    freedBytes += meta.bytes;
  }
  return { victims, freedBytes };
}

/** The error of a put for which eviction could not make room. */
export function quotaFull(neededBytes: number, quotaBytes: number): KilnError {
  return new KilnError('storage/quota-full', 'The storage set aside for Kiln is full of data still in use.', {
    data: { neededBytes, quotaBytes },
    hint: 'Raise the storage quota in the settings, or remove finished jobs.',
  });
}
