import { ownBytes, toHex } from '../../src/base/bytes.ts';
import type { TaskOutcome } from '../../src/protocol/task.ts';
import { resultDigest, resultOf } from '../../src/protocol/task.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { meta as lace } from '../julia-lace/meta.ts';
import { runGuest, runTasks } from './run-guest.ts';

const GUESTS = ['./c', './zig', './assemblyscript', './wgsl', '../goldbach-comet'];

/** One task of every guest, and a frame of the lace film: how each ended in this browser, with the digest of its result. */
export async function guestDigests(): Promise<string[]> {
  await using sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 1, pageUrl: '/sandbox.html' });
  const lines: string[] = [];
  for (const folder of GUESTS) lines.push(await line(folder, (await runGuest(sandbox, folder, [1]))[0]!));
  const shader = new Uint8Array(await (await fetch(lace.inputs[0]!.url)).arrayBuffer());
  const { manifest, blobs } = await lace.build({ shader }, { frames: 12, size: '320x180' });
  const [frame] = await runTasks(sandbox, manifest, blobs.map(ownBytes), [1]);
  return [...lines, await line('lace', frame!)];
}

async function line(name: string, outcome: TaskOutcome): Promise<string> {
  const digest = await resultDigest(await resultOf(outcome));
  return `${name}: ${outcome.exit.kind}, ${outcome.fuelUsed ?? 'no'} fuel, ${toHex(digest)}`;
}
