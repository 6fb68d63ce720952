import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chunkCid } from '../../src/base/cid.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';

/** bench-spin as committed, base64. */
export const SPIN_PROGRAM = readFileSync(
  join(import.meta.dirname, '../../wasm/bench-spin/bench-spin.wasm'),
).toString('base64');

/** A job of so many runs of bench-spin. Nothing is checked: the bench is about moving tasks, not about doubling them. */
export async function spinManifest(rounds: number, tasks: number): Promise<Manifest> {
  const bytes = Buffer.from(SPIN_PROGRAM, 'base64');
  return {
    version: 1,
    name: `spin ${rounds} × ${tasks}`,
    program: {
      kind: 'wasi',
      module: { cid: await chunkCid(bytes), bytes: bytes.byteLength },
      args: ['bench-spin', String(rounds)],
      env: {},
      files: {},
      outputs: ['stdout'],
    },
    split: { by: 'range', name: 'run', from: 0, to: tasks, step: 1 },
    limits: {},
    comparator: { class: 'exact' },
    policy: { kind: 'trust', auditRate: 0 },
    deliverable: { kind: 'files' },
  };
}
