import type { Manifest } from '../protocol/manifest.ts';

/** The CID of a one-byte blob; tests need one that parses, not one that is read. */
export const SOME_CID = 'bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu';

/** A sound WASI job of three tasks whose rows make a table. */
export const WASI_JOB: Manifest = {
  version: 1,
  name: 'Squares',
  program: {
    kind: 'wasi',
    module: { cid: SOME_CID, bytes: 100 },
    args: ['squares', '{first}', '{first_end}'],
    env: { TASK: '{index}' },
    files: {},
    outputs: ['stdout'],
  },
  split: { by: 'range', name: 'first', from: 0, to: 10, step: 4 },
  limits: {},
  comparator: { class: 'exact' },
  policy: { kind: 'quorum', need: 2, limit: 3, auditRate: 0 },
  deliverable: {
    kind: 'table',
    path: 'stdout',
    columns: ['x', 'y'],
    plot: { x: 'x', y: 'y', style: 'line' },
  },
};

/** A sound WGSL job of two frames of 4 × 2 pixels. */
export const WGSL_JOB: Manifest = {
  ...WASI_JOB,
  name: 'Frames',
  program: {
    kind: 'wgsl',
    shaders: { main: { cid: SOME_CID, bytes: 100 } },
    buffers: {
      settings: { usage: 'uniform', bytes: 8 },
      motion: {
        usage: 'read-only-storage',
        bytes: 50,
        source: { input: { cid: SOME_CID, bytes: 100 }, offset: 'frame * 50', length: 50 },
      },
      pixels: { usage: 'storage', bytes: '4 * 2 * 4' },
    },
    uniformBuffer: 'settings',
    uniforms: [
      { type: 'u32', value: 'frame' },
      { type: 'u32', value: 'tile + turn' },
    ],
    passes: [
      {
        shader: 'main',
        entry: 'render',
        workgroups: [1, 'frame + 1', 1],
        bindings: { '0': 'settings', '1': 'motion', '2': 'pixels' },
        repeat: 2,
        tileAxis: 'y',
      },
    ],
    outputs: { 'frame.rgba': { buffer: 'pixels', element: 'u8' } },
  },
  split: { by: 'range', name: 'frame', from: 0, to: 2, step: 1 },
  deliverable: { kind: 'video', path: 'frame.rgba', width: 4, height: 2, framesPerSecond: 24 },
};

/** A sound ONNX job of two batches of three pictures. */
export const ONNX_JOB: Manifest = {
  ...WASI_JOB,
  name: 'Labels',
  program: {
    kind: 'onnx',
    model: { cid: SOME_CID, bytes: 600 },
    backend: 'wasm',
    inputs: {
      pictures: {
        type: 'f32',
        shape: ['first_end - first', 1, 10, 10],
        source: {
          input: { cid: SOME_CID, bytes: 600 },
          offset: 'first * 100',
          length: '(first_end - first) * 100',
        },
        fromBytes: { scale: 1 / 255, offset: 0 },
      },
    },
    batchRows: 2,
    outputs: { scores: { tensor: 'scores', type: 'f32' } },
  },
  split: { by: 'range', name: 'first', from: 0, to: 6, step: 3 },
  deliverable: { kind: 'files' },
};
