import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

/** The repository's root, where the scripts run. */
export const ROOT = join(import.meta.dirname, '..');
/** Where the built app lies. */
export const DIST = join(ROOT, 'dist');

/** Everything that can change what the build writes. */
const SOURCES = [
  'index.html',
  'vite.config.ts',
  'package-lock.json',
  '{src,examples,shaders,wasm,public,contracts}/**/*',
];
const STAMP = join(ROOT, '.kiln', 'build-hash');

/**
 * Builds the app into `dist/` unless nothing has changed since the last build; true when it built.
 *
 * @example
 * await buildApp();
 */
export async function buildApp(): Promise<boolean> {
  const hash = hashSources();
  const isFresh =
    existsSync(join(DIST, 'index.html')) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash;
  if (isFresh) return false;
  await writeApp(hash, 'error');
  return true;
}

/** Builds whatever was there before, and notes of what, so that `buildApp` need not. */
async function writeApp(hash: string, logLevel: 'info' | 'error'): Promise<void> {
  await build({ root: ROOT, configFile: join(ROOT, 'vite.config.ts'), logLevel });
  mkdirSync(join(ROOT, '.kiln'), { recursive: true });
  writeFileSync(STAMP, hash);
}

function hashSources(): string {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort()) {
    if (
      /\.test\.ts$/.test(path) ||
      /^contracts\/(out|cache)\//.test(path) ||
      !statSync(join(ROOT, path)).isFile()
    )
      continue;
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

if (import.meta.main) await writeApp(hashSources(), 'info');
