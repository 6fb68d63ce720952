import { runCommand } from './run-command.ts';

/*
 * Each world is checked with only the types that exist there. TypeScript 7 (native) checks the TypeScript of all
 * three; svelte-check (TypeScript 6) adds the components.
 */
const NATIVE_TSC = 'node_modules/@typescript/native/bin/tsc';
const LIMIT_MS = 180_000;

const runs: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['page', [NATIVE_TSC, '-p', 'tsconfig.json']],
  ['worker', [NATIVE_TSC, '-p', 'tsconfig.worker.json']],
  ['node', [NATIVE_TSC, '-p', 'tsconfig.node.json']],
  [
    'svelte',
    ['node_modules/svelte-check/bin/svelte-check', '--tsconfig', './tsconfig.json', '--output', 'human'],
  ],
];

const { signal } = new AbortController();
for (const [name, args] of runs) {
  const { code, output } = await runCommand(process.execPath, args, { limitMs: LIMIT_MS, signal });
  if (code === 0) continue;
  console.log(`types of ${name}:\n${output}`);
  process.exitCode = 1;
}
