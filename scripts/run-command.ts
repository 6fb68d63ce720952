import { type ChildProcess, spawn } from 'node:child_process';
import { ROOT } from './build.ts';

/** How a command ended. */
export interface CommandResult {
  readonly code: number;
  /** Its stdout and stderr as they came, the newest `MAX_OUTPUT_CHARS` of them. */
  readonly output: string;
  readonly wallMs: number;
  readonly isTimedOut: boolean;
}

/** Options of {@link runCommand}. */
export interface CommandOptions {
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Called with each piece of output. */
  readonly onOutput?: (text: string) => void;
}

/** Enough to read what went wrong. */
const MAX_OUTPUT_CHARS = 200_000;
/** How long a command that was told to end may take. */
const STOP_GRACE_MS = 5_000;

/** Runs a command in the repository's root in a process group of its own, which ends with it, at its limit, or on abort. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const startedAtMs = performance.now();
  const child = spawn(command, args, { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let isTimedOut = false;
  const read = (chunk: Buffer) => {
    const text = chunk.toString();
    output = (output + text).slice(-MAX_OUTPUT_CHARS);
    options.onOutput?.(text);
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const stop = () => killGroup(child);
  options.signal.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(() => {
    isTimedOut = true;
    stop();
  }, options.limitMs);
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(127);
    });
    child.once('close', (exitCode) => resolve(exitCode ?? 1));
  });
  clearTimeout(timer);
  options.signal.removeEventListener('abort', stop);
  return { code, output, wallMs: performance.now() - startedAtMs, isTimedOut };
}

function killGroup(child: ChildProcess): void {
  const signalGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, signal);
    } catch {
      // The group is gone already.
    }
  };
  if (child.pid === undefined) return;
  signalGroup('SIGTERM');
  setTimeout(() => signalGroup('SIGKILL'), STOP_GRACE_MS).unref();
}
