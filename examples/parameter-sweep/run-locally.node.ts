import { readFileSync } from 'node:fs';
import { assembleTable, type Table } from '../../src/job/assemble-table.ts';
import { taskCount, taskParameters } from '../../src/job/split.ts';
import { runProgram } from '../../wasm/run-program.ts';
import { buildSweepJob, type SweepSettings } from './job.ts';

/** Runs a whole sweep here, task after task under Node's own WASI: what the market must deliver, byte for byte. */
export async function runLocally(settings: SweepSettings): Promise<Table> {
  const module = readFileSync(new URL('../../wasm/lorenz-sweep/lorenz-sweep.wasm', import.meta.url));
  const { manifest } = await buildSweepJob(new Uint8Array(module), settings);
  const { program, split, deliverable } = manifest;
  if (program.kind !== 'wasi' || deliverable.kind !== 'table')
    throw new TypeError('A sweep is a WASI table job.');
  const outputs: Uint8Array[] = [];
  for (let task = 0; task < taskCount(split); task++) {
    const parameters = taskParameters(split, task);
    const [name, ...args] = program.args.map((text) =>
      text.replace(/\{(\w+)\}/g, (_, key: string) => `${parameters[key]}`),
    );
    outputs.push((await runProgram(name!, args)).stdout);
  }
  return assembleTable(deliverable.columns, outputs);
}
