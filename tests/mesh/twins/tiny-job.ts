import { type Bytes, utf8 } from '../../../src/base/bytes.ts';
import { cutBlob } from '../../../src/base/cid.ts';
import { validate } from '../../../src/protocol/codec.ts';
import { type Manifest, manifestSchema } from '../../../src/protocol/manifest.ts';
import type { Comparator, Policy } from '../../../src/protocol/policy.ts';
import type { JobKind } from '../../../src/protocol/primitives.ts';

/** What matters about a job to the market. */
export interface TinyJobOptions {
  readonly tasks: number;
  /** @default wasi */
  readonly kind?: JobKind;
  /** @default trust, no audits */
  readonly policy?: Policy;
  /** @default exact */
  readonly comparator?: Comparator;
}

/** A valid manifest with one output file (`out`; f32 elements for wgsl) and the blobs it names, for the fake sandbox. */
export async function tinyJob(
  options: TinyJobOptions,
): Promise<{ manifest: Manifest; blobs: readonly Bytes[] }> {
  const blob = utf8(`the program of a ${options.kind ?? 'wasi'} job`);
  const input = { cid: (await cutBlob(blob)).cid, bytes: blob.byteLength };
  const manifest = validate(manifestSchema, {
    version: 1,
    name: 'Tiny job',
    program: options.kind === 'wgsl' ? wgsl(input) : wasi(input),
    split: { by: 'range', name: 'i', from: 0, to: options.tasks, step: 1 },
    limits: {},
    comparator: options.comparator ?? { class: 'exact' },
    policy: options.policy ?? { kind: 'trust', auditRate: 0 },
    deliverable: { kind: 'files' },
  });
  return { manifest, blobs: [blob] };
}

type Input = { readonly cid: string; readonly bytes: number };

function wasi(module: Input) {
  return { kind: 'wasi', module, args: [], env: {}, files: {}, outputs: ['out'] };
}

function wgsl(shader: Input) {
  return {
    kind: 'wgsl',
    shaders: { main: shader },
    buffers: { result: { usage: 'storage', bytes: 32 } },
    uniforms: [],
    passes: [{ shader: 'main', entry: 'main', workgroups: [1, 1, 1], bindings: { '0': 'result' } }],
    outputs: { out: { buffer: 'result', element: 'f32' } },
  };
}
