#!/usr/bin/env node
// What forge calls as `solc`: npm's compiler (WebAssembly) behind the two switches that forge uses, so that contract
// tests run offline and on any platform. Runs on Node 20 and later.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const solc = createRequire(import.meta.url)('solc');
const args = process.argv.slice(2);

if (args.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (args.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')));
} else {
  process.stderr.write('Only --version and --standard-json are understood.\n');
  process.exitCode = 1;
}
