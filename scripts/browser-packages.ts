import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './build.ts';

/** What runs in Node, belongs to the test runner, or is compiled by a plugin of its own. */
const NOT_BUNDLED = /^(node:|vite|vitest|@vitest|playwright|svelte|@axe-core)/;

/**
 * Packages that code of the page imports. Vite must know them before the browser tests begin: one that it finds on
 * the way makes it reload the page under a running test.
 */
export function browserPackages(): string[] {
  const files = globSync('{src,examples}/**/*.{ts,svelte}', { cwd: ROOT }).filter(
    (file) => !/\.node(\.test)?\.ts$/.test(file) && !/(?<!\.browser)\.test\.ts$/.test(file),
  );
  const found = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    for (const match of text.matchAll(
      /^(?:import|export) (?!type )[^;]*?from '([^.'][^']*)'|import\('([^.'][^']*)'\)/gm,
    )) {
      const name = match[1] ?? match[2]!;
      if (!NOT_BUNDLED.test(name)) found.add(name);
    }
  }
  return [...found].sort();
}
