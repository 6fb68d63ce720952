import { expect, test } from 'vitest';
import { ONNX_JOB, WGSL_JOB } from './manifest.fixture.ts';
import { laneOf, sumPerLane } from './lanes.ts';

test('models run on cores unless they ask for the GPU', () => {
  expect(laneOf(ONNX_JOB.program)).toBe('cpu');
  expect(laneOf({ ...ONNX_JOB.program, backend: 'webgpu' } as typeof ONNX_JOB.program)).toBe('gpu');
  expect(laneOf(WGSL_JOB.program)).toBe('gpu');
});

test('kinds of one lane share its slots', () => {
  const slots = { wasi: 4, wgsl: 1, onnx: 4 };
  expect(sumPerLane(['wasi', 'wgsl', 'onnx'], (kind) => slots[kind])).toBe(5);
  expect(sumPerLane(['onnx'], (kind) => slots[kind])).toBe(4);
  expect(sumPerLane([], (kind) => slots[kind])).toBe(0);
});
