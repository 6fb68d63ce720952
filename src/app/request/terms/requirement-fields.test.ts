import { expect, test } from 'vitest';
import { askedOf, askFor, REQUIREMENT_FIELDS } from './requirement-fields.ts';

test('each field is asked for, read back and dropped again, and leaves the others alone', () => {
  for (const { name } of REQUIREMENT_FIELDS) {
    const asked = askFor({ gpuFeatures: ['shader-f16'] }, name, 4);
    expect(askedOf(asked, name)).toBe(4);
    expect(asked.gpuFeatures).toEqual(['shader-f16']);
    expect(askFor(asked, name, undefined)).toEqual({ gpuFeatures: ['shader-f16'] });
  }
});

test('a speed is dropped without the speeds of other kinds', () => {
  const both = askFor(askFor({}, 'kiln.score', 2), 'kiln.score.wasi', 1);
  expect(askFor(both, 'kiln.score', undefined)).toEqual({ scores: { wasi: 1_000_000 } });
});

test('lists and unknown names can be dropped, not asked for', () => {
  expect(askFor({ gpuVendors: ['amd'] }, 'kiln.gpu.vendor', undefined)).toEqual({});
  expect(askFor({ cores: 2 }, 'kiln.unknown', 4)).toEqual({ cores: 2 });
});
