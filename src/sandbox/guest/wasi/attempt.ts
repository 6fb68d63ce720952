import type { Exit } from '../../../protocol/task.ts';
import { GuestFault, faultExit, type TaskInput, type WasiLoad } from '../../messages.ts';
import type { Wasi } from '../../wasi/create-wasi.ts';
import { ProgramExit } from '../../wasi/process.ts';
import { Trace } from '../../wasi/trace.ts';
import { ChunkChain } from './chunk-chain.ts';
import { GuestInstance } from './guest-instance.ts';
import { memoryWitness } from './memory-witness.ts';
import { nameFault } from '../name-trap.ts';
import { openWasi } from './open-wasi.ts';
import { runCommand } from './run-command.ts';
import { closeChunk, type ReactorRun, runReactor, tellChunks } from './run-reactor.ts';
import { type HostLink, type RunResult, Stopped } from '../runner.ts';

/** How a task is attempted. */
export interface AttemptOptions {
  readonly module: WebAssembly.Module;
  /** Names of the functions that it imports. */
  readonly imports: readonly string[];
  readonly load: WasiLoad;
  readonly task: TaskInput;
  readonly host: HostLink;
  /** Fuel of this attempt. Less than the limit's makes it a round, which is dropped when the fuel is spent. */
  readonly fuel: number;
  /** A round is dropped at the first import after this time, in milliseconds. */
  readonly limitMs: number;
}

/** `spent`: a round ran out of fuel; `slow`: it met its time limit, or an end that may differ in optimised code. */
export type AttemptEnd =
  | { readonly kind: 'done'; readonly result: RunResult }
  | { readonly kind: 'spent' }
  | { readonly kind: 'slow' };

/** Ends a round at an import. */
class RoundOver extends Error {}

/**
 * Runs a task from its beginning in a fresh instance with a fresh memory, file system, clock and random stream. What a
 * dropped round did is gone; a round that comes to an end is the run.
 */
export async function attempt(options: AttemptOptions): Promise<AttemptEnd> {
  const { module, load, task, host, fuel } = options;
  const isRound = fuel < load.limits.fuel;
  const reactor: ReactorRun | undefined =
    task.steps === undefined
      ? undefined
      : {
          steps: task.steps,
          chain: new ChunkChain(),
          untold: host.onChunks && [],
          host: isRound ? undefined : host,
        };
  const chain = reactor?.chain;
  const trace = host.onCalls && new Trace(host.onCalls);
  const wasi = openWasi(
    load,
    task,
    chain && ((path, offset, bytes) => chain.write(path, offset, bytes)),
    trace,
  );
  const imports = isRound ? withDeadline(wasi.imports, options) : wasi.imports;
  const guest = new GuestInstance(module, wasi, imports, fuel);
  let exit: Exit = { kind: 'ok' };
  let isCertain = true;
  try {
    if (reactor === undefined) runCommand(guest);
    else await runReactor(guest, reactor);
  } catch (thrown) {
    if (thrown instanceof Stopped) throw thrown;
    if (thrown instanceof RoundOver) return { kind: 'slow' };
    if (isRound && guest.fuel.isSpent) return { kind: 'spent' };
    exit = exitOf(thrown, guest);
    // Baseline code takes more stack than optimised code.
    if (isRound && isOfDevice(exit)) return { kind: 'slow' };
    isCertain = thrown instanceof WebAssembly.RuntimeError || thrown instanceof GuestFault;
    if (reactor !== undefined && thrown instanceof ProgramExit) closeChunk(guest, reactor);
  } finally {
    trace?.close();
  }
  if (wasi.fault !== undefined) exit = nameFault(wasi.fault);
  if (reactor !== undefined) tellChunks(reactor, host);
  return { kind: 'done', result: await resultOf(exit, { load, wasi, guest, reactor, isCertain }) };
}

/** Is this end the device's rather than the program's, so that another device may come to another? */
function isOfDevice({ kind }: Exit): boolean {
  return kind === 'stack' || kind === 'out-of-memory';
}

function exitOf(thrown: unknown, { fuel, isDenied }: GuestInstance): Exit {
  if (thrown instanceof ProgramExit) {
    return thrown.code === 0 ? { kind: 'ok' } : { kind: 'exit-code', code: thrown.code };
  }
  if (isDenied)
    return faultExit('out-of-memory', 'This device could not give the program memory that its limits allow.');
  if (!fuel.isSpent) return nameFault(thrown);
  return faultExit(
    'fuel',
    `The program used up its ${fuel.used} units of fuel; raise limits.fuel in the manifest, or give each task less to do.`,
  );
}

/** What an attempt leaves behind. */
interface Ended {
  readonly load: WasiLoad;
  readonly wasi: Wasi;
  readonly guest: GuestInstance;
  readonly reactor: ReactorRun | undefined;
  /** Was the end the program's doing, whatever it is? */
  readonly isCertain: boolean;
}

async function resultOf(exit: Exit, { load, wasi, guest, reactor, isCertain }: Ended): Promise<RunResult> {
  if (isOfDevice(exit) || exit.kind === 'refused') return { exit, outputs: [] };
  const isFault = exit.kind === 'trap' || exit.kind === 'fuel';
  return {
    ...takeOutputs(exit, wasi, load.outputs),
    fuelUsed: guest.fuel.used,
    ...(wasi.stderr.byteLength === 0 ? {} : { stderr: wasi.stderr }),
    ...(reactor === undefined
      ? {}
      : { chunks: { count: reactor.chain.count, digest: reactor.chain.digest } }),
    // Whatever else was thrown is a fault of ours, not of the program's: nobody shall be paid for it.
    ...(isFault && isCertain ? { witness: await memoryWitness(guest.memory) } : {}),
  };
}

function takeOutputs(exit: Exit, wasi: Wasi, paths: readonly string[]): Pick<RunResult, 'exit' | 'outputs'> {
  if (exit.kind !== 'ok' && exit.kind !== 'exit-code') return { exit, outputs: [] };
  try {
    return { exit, outputs: wasi.takeOutputs(paths) };
  } catch (thrown) {
    return { exit: nameFault(thrown), outputs: [] };
  }
}

/** The imports of a round: each ends it once its time is over. */
function withDeadline(all: Wasi['imports'], { imports, limitMs }: AttemptOptions): Wasi['imports'] {
  const deadlineMs = performance.now() + limitMs;
  const bound: Wasi['imports'] = {};
  for (const name of imports) {
    const call = all[name] as (...given: unknown[]) => unknown;
    bound[name] = (...given: unknown[]): unknown => {
      if (performance.now() > deadlineMs) throw new RoundOver();
      return call(...given);
    };
  }
  return bound;
}
