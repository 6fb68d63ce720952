import type { Bytes } from '../../src/base/bytes.ts';
import { manifestOf, TestBlobs } from '../../src/sandbox/fixtures/manifests.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SandboxJob } from '../../src/sandbox/sandbox-job.ts';

/*
 * The part of the bench that runs in the page: real sandboxes, one slot each, timed from the page.
 */

const never = new AbortController().signal;
const blobs = new TestBlobs();
/** Time for the spare frame to start, so that payload runs do not measure it. */
const SPARE_READY_MS = 1_000;

const SHADER = `@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { x[id.x] = id.x * 3u; }`;
const SHADER_WORDS = 256;

/** Milliseconds of each of so many tasks of a warm slot. */
export async function warmTimes(kind: 'wasi' | 'wgsl', program: string, tasks: number): Promise<number[]> {
  await using sandbox = openSandbox();
  const job = await (kind === 'wasi' ? openSpin(sandbox, decode(program)) : openShader(sandbox));
  const times = [];
  for (let n = 0; n < tasks; n++) times.push(await timeRun(job, n % 1_000));
  return times;
}

/** Milliseconds from opening a job in a new sandbox to its first result. */
export async function coldTime(kind: 'wasi' | 'wgsl', program: string): Promise<number> {
  const bytes = decode(program);
  const startedMs = performance.now();
  await using sandbox = openSandbox();
  const job = await (kind === 'wasi' ? openSpin(sandbox, bytes) : openShader(sandbox));
  await timeRun(job, 0);
  return performance.now() - startedMs;
}

/** Milliseconds of a first task whose program comes with so many bytes of input, in a frame that has started. */
export async function inputTimes(program: string, bytes: number, rounds: number): Promise<number[]> {
  await using sandbox = openSandbox();
  const module = await blobs.put(decode(program));
  const input = await blobs.put(new Uint8Array(bytes).fill(7));
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const job = await openWasi(sandbox, { module, files: bytes === 0 ? {} : { in: input } });
    await sleep(SPARE_READY_MS);
    times.push(await timeRun(job, 0));
    await job.close();
  }
  return times;
}

/** Milliseconds of a warm task that hands over the file `out`. */
export async function outputTimes(program: string, bytes: number, rounds: number): Promise<number[]> {
  await using sandbox = openSandbox();
  const job = await openWasi(sandbox, { module: await blobs.put(decode(program)), files: {} });
  await timeRun(job, 0, bytes);
  const times = [];
  for (let round = 0; round < rounds; round++) times.push(await timeRun(job, 0, bytes));
  return times;
}

/** Milliseconds to move a buffer to a plain worker of the page and back the word that it came. */
export async function bareTransferTimes(bytes: number, rounds: number): Promise<number[]> {
  const url = URL.createObjectURL(
    new Blob(['onmessage = () => postMessage(1)'], { type: 'text/javascript' }),
  );
  const worker = new Worker(url);
  const send = (buffer: ArrayBuffer) =>
    new Promise<void>((resolve) => {
      worker.onmessage = () => resolve();
      worker.postMessage(buffer, [buffer]);
    });
  await send(new ArrayBuffer(1));
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const buffer = new Uint8Array(bytes).fill(7).buffer;
    const startedMs = performance.now();
    await send(buffer);
    times.push(performance.now() - startedMs);
  }
  worker.terminate();
  URL.revokeObjectURL(url);
  return times;
}

/** Milliseconds of the same shader on the page's own device: dispatch, copy, map. */
export async function bareShaderTimes(tasks: number): Promise<number[]> {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter!.requestDevice();
  const module = device.createShaderModule({ code: SHADER });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const size = SHADER_WORDS * 4;
  const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  const times = [];
  for (let n = 0; n < tasks; n++) {
    const startedMs = performance.now();
    const copy = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(SHADER_WORDS / 64);
    pass.end();
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, size);
    device.queue.submit([encoder.finish()]);
    await copy.mapAsync(GPUMapMode.READ);
    copy.getMappedRange().slice(0);
    copy.destroy();
    times.push(performance.now() - startedMs);
  }
  device.destroy();
  return times;
}

function openSandbox(): Sandbox {
  return createSandbox({ cpuSlots: 1, gpuSlots: 1, pageUrl: '/sandbox.html' });
}

async function openSpin(sandbox: Sandbox, program: Bytes): Promise<SandboxJob> {
  return openWasi(sandbox, { module: await blobs.put(program), args: ['bench-spin', '1'], files: {} });
}

function openWasi(
  sandbox: Sandbox,
  {
    args = ['guest'],
    ...given
  }: {
    module: { cid: string; bytes: number };
    files: Record<string, { cid: string; bytes: number }>;
    args?: string[];
  },
): Promise<SandboxJob> {
  const program = { kind: 'wasi' as const, args, env: {}, outputs: ['stdout', 'out'], ...given };
  return sandbox.openJob('job', manifestOf(program), blobs.read);
}

async function openShader(sandbox: Sandbox): Promise<SandboxJob> {
  const program = {
    kind: 'wgsl' as const,
    shaders: { main: await blobs.put(SHADER) },
    buffers: { x: { usage: 'storage' as const, bytes: SHADER_WORDS * 4 } },
    uniforms: [],
    passes: [
      {
        shader: 'main',
        entry: 'main',
        workgroups: [SHADER_WORDS / 64, 1, 1] as [number, number, number],
        bindings: { '0': 'x' },
      },
    ],
    outputs: { x: { buffer: 'x', element: 'u32' as const } },
  };
  return sandbox.openJob('job', manifestOf(program), blobs.read);
}

async function timeRun(job: SandboxJob, task: number, bytes = 0): Promise<number> {
  const startedMs = performance.now();
  const { exit, outputs } = await job.run(task, { signal: never });
  const tookMs = performance.now() - startedMs;
  if (exit.kind !== 'ok') throw new Error(`A task of the bench ended with ${JSON.stringify(exit)}.`);
  if ((outputs.find(({ path }) => path === 'out')?.bytes.byteLength ?? 0) !== bytes)
    throw new Error('Bytes are missing.');
  return tookMs;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function decode(base64: string): Bytes {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
