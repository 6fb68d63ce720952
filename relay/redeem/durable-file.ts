import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file in one step, readable by its owner alone; once this resolves, the bytes survive a loss of power. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const next = `${path}.new`;
  await using file = await open(next, 'w', 0o600);
  await file.writeFile(bytes);
  await file.sync();
  await rename(next, path);
  await syncFolder(path);
}

/** A rename or removal is kept only once its folder is on the disk. */
export async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(dirname(path), 'r');
    await folder.sync();
  } finally {
    await folder?.close();
  }
}
