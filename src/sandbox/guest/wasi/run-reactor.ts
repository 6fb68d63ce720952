import { toHex } from '../../../base/bytes.ts';
import type { ChunkChain } from './chunk-chain.ts';
import type { GuestInstance } from './guest-instance.ts';
import type { HostLink } from '../runner.ts';

/** The chunks of one attempt at a reactor. */
export interface ReactorRun {
  readonly steps: number;
  readonly chain: ChunkChain;
  /** Digests that the host was not told yet; absent when it does not want them. */
  readonly untold: string[] | undefined;
  /** Absent in a round that may be dropped: it tells nothing and hears nobody. */
  readonly host: HostLink | undefined;
}

/**
 * Runs a reactor: its start function, `_initialize` and `init` where it has them, then `step(0)`, `step(1)` … Between
 * steps the host is heard now and then, so that it can stop the run or let it wait.
 */
export async function runReactor(guest: GuestInstance, run: ReactorRun): Promise<void> {
  const { steps, host } = run;
  const step = guest.get('step', 'A program with steps exports step(i: i32).');
  guest.start();
  guest.find('_initialize')?.();
  guest.find('init')?.();
  for (let i = 0; i < steps; i++) {
    step(i);
    closeChunk(guest, run);
    host?.onProgress((i + 1) / steps);
    if (host?.isTurnDue !== true) continue;
    tellChunks(run, host);
    await host.turn();
  }
}

/** Ends the chunk of the step that just ran. */
export function closeChunk(guest: GuestInstance, { chain, untold }: ReactorRun): void {
  const digest = chain.close(guest.fuel.used);
  untold?.push(toHex(digest));
}

/** Tells the host the digests that it was not told yet. */
export function tellChunks({ chain, untold }: ReactorRun, host: HostLink): void {
  if (untold === undefined || untold.length === 0) return;
  host.onChunks?.(chain.count - untold.length, untold.splice(0));
}
