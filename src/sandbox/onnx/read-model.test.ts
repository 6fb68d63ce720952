import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bytes } from '../../base/bytes.ts';
import { denseModel, heavyModel, loopModel } from './models.fixture.ts';
import { readModel } from './read-model.ts';
import { writeModel } from './write-model.ts';

/** A file is read or refused by name; nothing else may come out of strangers' bytes. */
function readOrRefuse(file: Uint8Array): void {
  try {
    const { inputs, outputs, operators } = readModel(file);
    for (const { name, shape } of [...inputs, ...outputs]) {
      expect(typeof name).toBe('string');
      expect(shape === undefined || shape.every((size) => ['number', 'string'].includes(typeof size))).toBe(
        true,
      );
    }
    for (const operator of operators) expect(operator).toContain('/');
  } catch (error) {
    expect(error).toMatchObject({ code: 'sandbox/refused', hint: expect.stringMatching(/\.$/) });
  }
}

test('any bytes are read or refused', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), readOrRefuse), { numRuns: 2_000 });
});

test('a model with some bytes changed is read or refused', () => {
  const model = fc.constantFrom(denseModel(), loopModel());
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  });
  const changed = fc.tuple(model, changes).map(([file, list]): Bytes => {
    const copy = file.slice();
    for (const [at, value] of list) copy[at % copy.byteLength] = value;
    return copy;
  });
  fc.assert(fc.property(changed, readOrRefuse), { numRuns: 2_000 });
});

test('whatever shape is written is read', () => {
  const shape = fc.array(fc.oneof(fc.integer({ min: 1, max: 2 ** 40 }), fc.constantFrom('batch', 'n')), {
    maxLength: 8,
  });
  const type = fc.constantFrom('f32' as const, 'u8' as const, 'i32' as const, 'i64' as const);
  fc.assert(
    fc.property(shape, type, (shape, type) => {
      const value = { name: 'x', type, shape };
      const file = writeModel({ name: 'g', inputs: [value], outputs: [value], weights: [], nodes: [] }, 13);
      expect(readModel(file).inputs).toEqual([{ name: 'x', dataType: expect.any(Number), shape }]);
      expect(readModel(file).outputs[0]?.shape).toEqual(shape);
    }),
  );
});

test('weights are passed over, however many', () => {
  expect(readModel(heavyModel(16 * 1_048_576)).initialized).toEqual(new Set(['table', 'first']));
});
