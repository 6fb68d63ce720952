import { parseArgs } from 'node:util';
import type { Engine } from './engine.ts';
import { findPrograms, type SuiteProgram } from './find-programs.ts';
import type { RunEnd } from './given-program.ts';
import { openNodeEngine } from './node-engine.ts';
import { openSandboxEngine } from './sandbox-engine.ts';

const USAGE = `Runs the preview 1 programs of the official wasi-testsuite in the sandbox, in Chromium.

  npm run test:wasi -- DIR [--only TEXT] [--trace] [--engine sandbox|node]

DIR      a checkout of github.com/WebAssembly/wasi-testsuite, branch prod/testsuite-all or prod/testsuite-base
--only   run programs whose path holds this text
--trace  print the calls of each program that fails
--engine node runs the same WASI in this process, without guard and sandbox: quicker, and no proof`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    trace: { type: 'boolean', default: false },
    engine: { type: 'string', default: 'sandbox' },
    help: { type: 'boolean', default: false },
  },
});
const [folder] = positionals;

if (folder === undefined || values.help || !['sandbox', 'node'].includes(values.engine)) {
  console.log(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  process.exitCode = await runSuite(folder);
}

async function runSuite(from: string): Promise<number> {
  const { programs, skipped } = findPrograms(from);
  await using engine = values.engine === 'node' ? openNodeEngine() : await openSandboxEngine();
  let failed = 0;
  const chosen = programs.filter(({ name }) => name.includes(values.only));
  for (const program of chosen) if (!(await passes(engine, program))) failed++;
  for (const [reason, count] of skipped) console.log(`left out: ${count} × ${reason}`);
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  return failed > 0 || chosen.length === 0 ? 1 : 0;
}

/** Runs a program and prints its line, and what went wrong. */
async function passes(engine: Engine, program: SuiteProgram): Promise<boolean> {
  const end = await engine.run(program, values.trace);
  const faults = faultsOf(program, end);
  console.log(`${faults.length === 0 ? 'pass' : 'FAIL'}  ${program.name}`);
  for (const fault of faults) console.log(`      ${fault}`);
  if (faults.length > 0) for (const call of end.calls) console.log(`      ${call}`);
  return faults.length === 0;
}

function faultsOf({ exitCode, stdout }: SuiteProgram, end: RunEnd): string[] {
  const faults = [];
  if (end.exit !== exitCode) faults.push(`ended with ${end.exit}, expected ${exitCode}`);
  if (stdout !== undefined && end.stdout !== stdout) {
    faults.push(`printed ${JSON.stringify(end.stdout)}, expected ${JSON.stringify(stdout)}`);
  }
  return faults;
}
