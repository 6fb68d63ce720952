import { readFile, rename, writeFile } from 'node:fs/promises';
import { KilnError } from '../../src/base/errors.ts';
import type { ChainConfig } from '../../src/wallet/chain/chain.ts';

/** A `network.json` as it was found: everything but the chain is kept as it is. */
type NetworkFile = Readonly<Record<string, unknown>>;

/** Reads a `network.json`; an empty one where there is none. Throws `deploy/bad-network-file`. */
export async function readNetworkFile(path: string): Promise<NetworkFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return { relays: [] };
    throw badFile(path, thrown);
  }
  try {
    const found: unknown = JSON.parse(text);
    if (isRecord(found)) return found;
  } catch (thrown) {
    throw badFile(path, thrown);
  }
  throw badFile(path);
}

/**
 * Replaces the chain of a `network.json`, whole or not at all. What an operator added to the section of the same chain
 * stays; relays stay.
 */
export async function writeChainSection(path: string, file: NetworkFile, chain: ChainConfig): Promise<void> {
  const old = isRecord(file['chain']) && file['chain']['id'] === chain.id ? file['chain'] : {};
  const text = JSON.stringify({ ...file, chain: { ...old, ...chain } }, null, 2);
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, `${text}\n`);
  await rename(draft, path);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badFile(path: string, cause?: unknown): KilnError {
  return new KilnError('deploy/bad-network-file', 'The network file cannot be read as JSON.', {
    data: { path },
    cause,
    hint: 'Mend it or name another file with --out; nothing was deployed.',
  });
}
