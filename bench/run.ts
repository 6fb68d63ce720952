import { parseArgs } from 'node:util';
import { BENCHES } from './benches.ts';
import { readMachine } from './machine.ts';
import type { BenchReport } from './report.ts';

const HELP = `npm run bench -- NAME [--quick]    measures and prints one JSON object as its last line
npm run bench -- --list            names all benches`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { list: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.list) {
    for (const { name, what } of BENCHES) console.log(`${name.padEnd(12)} ${what}`);
    return 0;
  }
  const [name] = positionals;
  if (values.help || name === undefined) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const bench = BENCHES.find((one) => one.name === name);
  if (bench === undefined) {
    console.error(`There is no bench "${name}". Run npm run bench -- --list.`);
    return 2;
  }
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  const { run } = await bench.load();
  const checks = await run({
    isQuick: values.quick ?? false,
    signal: controller.signal,
    log: (text) => console.log(text),
  });
  const report: BenchReport = { bench: name, machine: readMachine(), checks };
  console.log(JSON.stringify(report));
  return 0;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
