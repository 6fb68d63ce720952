/**
 * Mutation check: breaks the pool one way at a time, in a copy, and expects the contract tests to fail.
 *
 * `npm run contracts:mutate` takes about 10 s per break; `-- TEXT` tries only those that hold the text. The last line is
 * `killed N/M`; the exit code is 1 when a break went unnoticed.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './mutants.ts';

/** Fewer random histories than the check itself: what only the last of a thousand finds is no test. */
const EFFORT = { FOUNDRY_FUZZ_RUNS: '64', FOUNDRY_INVARIANT_RUNS: '16', FOUNDRY_INVARIANT_DEPTH: '64' };

const here = dirname(fileURLToPath(import.meta.url));
const only = process.argv[2] ?? '';
const tried = MUTANTS.filter(({ what }) => what.includes(only));

const copy = await mkdtemp(join(tmpdir(), 'kiln-mutate-'));
let killed = 0;
try {
  await cp(here, join(copy, 'contracts'), { recursive: true });
  await symlink(join(dirname(here), 'node_modules'), join(copy, 'node_modules'), 'dir');
  for (const { what, file, from, to } of tried) {
    const path = join(copy, 'contracts', 'src', file);
    const source = await readFile(path, 'utf8');
    if (source.split(from).length !== 2)
      throw new Error(`"${what}": the text to break does not occur exactly once in ${file}.`);
    await writeFile(path, source.replace(from, to));
    const run = spawnSync(process.execPath, [join(copy, 'contracts', 'forge.ts'), 'test'], {
      encoding: 'utf8',
      env: { ...process.env, ...EFFORT },
    });
    await writeFile(path, source);
    const failed = /^\[FAIL.*/m.exec(run.stdout)?.[0];
    if (failed !== undefined) killed++;
    const outcome =
      failed ?? (run.status === 0 ? 'NOT NOTICED' : `NOT TESTED: ${(run.stderr || run.stdout).slice(-400)}`);
    console.log(`${what}: ${outcome}`);
  }
} finally {
  await rm(copy, { recursive: true, force: true });
}
console.log(`killed ${killed}/${tried.length}`);
process.exitCode = killed === tried.length ? 0 : 1;
