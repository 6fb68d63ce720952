import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { KilnError } from '../src/base/errors.ts';
import type { Manifest } from '../src/protocol/manifest.ts';
import { openJobFile } from '../src/job/job-file.ts';
import { jobCid } from '../src/job/manifest.ts';
import { taskCount, taskParameters } from '../src/job/split.ts';
import type { TaskOutcome } from '../src/protocol/task.ts';
import type { OwnVerifier } from '../src/requestor/results/own/own-verifier.ts';
import { startHostServer } from '../src/sandbox/fixtures/host-page.node.ts';
import { chromiumArgs, chromiumPath } from './chromium.ts';

const HELP = `Runs tasks of a job file in Kiln's sandbox, in a headless Chromium of this machine, and its verifier on their results.

  npm run try -- JOB.json [--task N | --all] [--out FOLDER] [--trace]

  --task N      the task to run, counted from 0 (default 0)
  --all         every task, one after the other
  --out FOLDER  where outputs are written; without it, text outputs are printed
  --trace       prints each WASI call with its result, as strace does
`;

/** A job without a verifier has nobody to call its result wrong. */
const SAID_RIGHT = { outcome: 'right' };

/** What one task ended in, as it comes back from the page. */
interface PageOutcome {
  readonly exit: { readonly kind: string; readonly code?: number; readonly message?: string };
  readonly wallMs: number;
  readonly fuelUsed?: number;
  /** What it wrote to standard error. */
  readonly complaint?: string;
  readonly outputs: readonly { readonly path: string; readonly base64: string }[];
  /** What the job's verifier says of the outputs, and how long it took. */
  readonly judgement?: { readonly outcome: string; readonly reason?: string; readonly wallMs: number };
}

/** The part of the sandbox's job that is used in the page. */
interface PageJob {
  run(
    task: number,
    options: { signal: AbortSignal; onCalls?: (lines: readonly string[]) => void },
  ): Promise<TaskOutcome>;
}

/** The command line; throws `try/bad-flags`. */
function readFlags() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        task: { type: 'string', default: '0' },
        all: { type: 'boolean', default: false },
        out: { type: 'string' },
        trace: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (!/^\d+$/.test(values.task)) throw new Error(`--task takes a whole number, not "${values.task}".`);
    return { values, path: positionals[0] };
  } catch (cause) {
    throw new KilnError('try/bad-flags', cause instanceof Error ? cause.message : String(cause), {
      cause,
      hint: 'npm run try -- --help lists what there is.',
    });
  }
}

/** A file's bytes; throws `try/no-file`. */
function readInput(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new KilnError('try/no-file', `The file ${file} cannot be read.`, {
      cause,
      hint: 'Paths in a job file count from its own folder. Was the program built?',
    });
  }
}

async function main(): Promise<number> {
  const { values, path } = readFlags();
  if (values.help || path === undefined) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const from = process.env['INIT_CWD'] ?? process.cwd();
  const file = resolve(from, path);
  const { manifest, blobs } = await openJobFile(
    readInput(file).toString('utf8'),
    async (name) => new Uint8Array(readInput(join(dirname(file), name))),
  );
  const tasks = taskCount(manifest.split);
  console.log(`${manifest.name} (${manifest.program.kind}): ${tasks} tasks, job ${await jobCid(manifest)}`);
  const chosen = values.all ? Array.from({ length: tasks }, (_, i) => i) : [Number(values.task)];
  const parameters = chosen.map((task) => taskParameters(manifest.split, task));
  const out = values.out === undefined ? undefined : resolve(from, values.out);
  await using server = await startHostServer();
  await using browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs] });
  const page = await browser.newPage();
  await page.exposeFunction('printCalls', (lines: string[]) => console.log(lines.join('\n')));
  await page.goto(`${server.origin}/host.html`);
  let failed = 0;
  for (const [i, task] of chosen.entries()) {
    const outcome = await page.evaluate(runInPage, {
      manifest,
      task,
      isTraced: values.trace,
      blobs: i === 0 ? blobs.map((bytes) => Buffer.from(bytes).toString('base64')) : undefined,
    });
    report(task, parameters[i]!, outcome, out);
    if (outcome.exit.kind !== 'ok' || (outcome.judgement ?? SAID_RIGHT).outcome !== 'right') failed++;
  }
  return failed === 0 ? 0 : 1;
}

/** Runs one task; its text travels into the page, where the development server serves the modules it imports. */
async function runInPage({
  manifest,
  task,
  isTraced,
  blobs,
}: {
  manifest: unknown;
  task: number;
  isTraced: boolean;
  blobs: string[] | undefined;
}): Promise<PageOutcome> {
  const load = (path: string) => import(/* @vite-ignore */ path);
  const kept = globalThis as unknown as {
    job?: PageJob;
    verifier?: OwnVerifier;
    printCalls(lines: readonly string[]): void;
  };
  if (blobs !== undefined) {
    const { createSandbox } = await load('/src/sandbox/sandbox.ts');
    const { cutBlob } = await load('/src/base/cid.ts');
    const { jobCid } = await load('/src/job/manifest.ts');
    const byCid = new Map<string, Uint8Array>();
    for (const base64 of blobs) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      byCid.set((await cutBlob(bytes)).cid, bytes);
    }
    const sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 1, pageUrl: '/sandbox.html' });
    const read = async (cid: string, range?: { offset: number; length: number }) => {
      const bytes = byCid.get(cid)!;
      return range === undefined ? bytes.slice() : bytes.slice(range.offset, range.offset + range.length);
    };
    kept.job = await sandbox.openJob(
      await jobCid(manifest),
      manifest,
      ({ cid }: { cid: string }, range?: { offset: number; length: number }) => read(cid, range),
    );
    if ((manifest as Manifest).comparator.class === 'verifier') {
      const { OwnVerifier } = await load('/src/requestor/results/own/own-verifier.ts');
      const get = (cid: string, { range }: { range?: { offset: number; length: number } }) =>
        read(cid, range);
      kept.verifier = new OwnVerifier(manifest, sandbox, { get });
    }
  }
  const { signal } = new AbortController();
  const outcome = await kept.job!.run(task, {
    signal,
    ...(isTraced ? { onCalls: kept.printCalls } : {}),
  });
  let judgement: PageOutcome['judgement'];
  if (kept.verifier !== undefined && outcome.exit.kind === 'ok') {
    judgement = await kept.verifier.verify(task, outcome.outputs, signal);
  }
  const text = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  const { exit, wallMs, fuelUsed, stderr } = outcome;
  return {
    exit,
    wallMs,
    ...(fuelUsed === undefined ? {} : { fuelUsed }),
    ...(stderr === undefined ? {} : { complaint: new TextDecoder().decode(stderr) }),
    outputs: outcome.outputs.map(({ path, bytes }) => ({ path, base64: btoa(text(bytes)) })),
    ...(judgement === undefined ? {} : { judgement }),
  };
}

function report(
  task: number,
  parameters: Readonly<Record<string, number>>,
  outcome: PageOutcome,
  out: string | undefined,
): void {
  const { exit, wallMs, fuelUsed, complaint, outputs, judgement } = outcome;
  const named = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const how = [exit.kind, exit.code, exit.message].filter((part) => part !== undefined).join(': ');
  const fuel = fuelUsed === undefined ? '' : `, ${fuelUsed.toLocaleString('en')} units of fuel`;
  console.log(`task ${task} (${named.join(', ')}): ${how}, ${wallMs.toFixed(1)} ms${fuel}`);
  if (complaint !== undefined) console.log(`  standard error:\n${complaint.trimEnd()}`);
  for (const { path, base64 } of outputs) {
    const bytes = Buffer.from(base64, 'base64');
    if (out !== undefined) {
      const target = join(out, `task-${task}`, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, bytes);
      console.log(`  ${path}: ${bytes.byteLength} bytes to ${target}`);
    } else if (bytes.byteLength <= 4_096 && !bytes.includes(0)) {
      console.log(`  ${path}:\n${bytes.toString('utf8').trimEnd()}`);
    } else {
      console.log(`  ${path}: ${bytes.byteLength} bytes (--out FOLDER writes them)`);
    }
  }
  if (judgement === undefined) return;
  const why = judgement.reason === undefined ? '' : `: ${judgement.reason}`;
  console.log(`  verifier: ${judgement.outcome}${why} (${judgement.wallMs.toFixed(1)} ms)`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof KilnError ? `${error.message}\n${error.hint ?? ''}` : error);
  process.exitCode = 1;
}
