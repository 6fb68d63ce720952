import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where programs lie, from the root of the repository. */
const FOLDERS = ['wasm', 'examples', 'examples/guests'];

/**
 * What is wrong with the built programs under a folder, one line each; nothing when all match their sums. Beside
 * `NAME.wasm` lies `NAME.wasm.sha256`, as `sha256sum` writes it: the program's line, then those of its sources, so that
 * a source that changed without a build is found.
 */
export function checkPrograms(folder: string): string[] {
  const programs = globSync('*/*.wasm', { cwd: folder }).sort();
  if (programs.length === 0) return [`No .wasm file lies under ${folder}.`];
  return programs.flatMap((program) => {
    const home = dirname(join(folder, program));
    const lines = (readText(join(folder, `${program}.sha256`)) ?? '').trimEnd().split('\n');
    const isListed = lines.some((line) => line.endsWith(`  ${basename(program)}`));
    const differing = lines.filter(
      (line) => line !== `${sumOf(join(home, line.slice(66)))}  ${line.slice(66)}`,
    );
    if (isListed && differing.length === 0) return [];
    const what = differing.map((line) => line.slice(66)).join(', ');
    return [
      `${program} does not match ${program}.sha256 (${what}): run its build.sh and commit what it wrote.`,
    ];
  });
}

function sumOf(path: string): string | undefined {
  const bytes = readBytes(path);
  return bytes && createHash('sha256').update(bytes).digest('hex');
}

function readText(path: string): string | undefined {
  return readBytes(path)?.toString('utf8');
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const problems = FOLDERS.flatMap((folder) => checkPrograms(join(import.meta.dirname, '..', folder)));
  console.log(
    problems.length === 0 ? 'Every guest program and its sources match their SHA-256.' : problems.join('\n'),
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
