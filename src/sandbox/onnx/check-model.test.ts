import { describe, expect, test } from 'vitest';
import type { Bytes } from '../../base/bytes.ts';
import { concat } from '../../base/bytes.ts';
import type { OnnxProgram } from '../../protocol/manifest.ts';
import { checkModel, checkShapes } from './check-model.ts';
import { denseModel, giantModel, loopModel, oneOperator } from './models.fixture.ts';
import { readModel } from './read-model.ts';
import { bytesField, numberField } from './write-proto.ts';

const source = { input: { cid: 'bafy', bytes: 36 } };
const program = (more: Partial<OnnxProgram> = {}): OnnxProgram => ({
  kind: 'onnx',
  model: source.input,
  inputs: { x: { type: 'f32', shape: ['rows', 3], source } },
  outputs: { y: { tensor: 'y', type: 'f32' } },
  ...more,
});
const check = (model: Bytes, given = program()) => checkModel(readModel(model), given);
const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'sandbox/refused', message: expect.stringMatching(message) });

describe('what a file declares', () => {
  test('is read as it was written', () => {
    expect(readModel(denseModel())).toEqual({
      inputs: [{ name: 'x', dataType: 1, shape: ['rows', 3] }],
      outputs: [{ name: 'y', dataType: 1, shape: ['rows', 2] }],
      initialized: new Set(['w', 'b']),
      operators: new Set(['/Gemm']),
      functions: new Set(),
    });
  });

  test('includes the operators inside of loops', () => {
    expect([...readModel(loopModel()).operators].toSorted()).toEqual(['/Add', '/Identity', '/Loop']);
  });
});

describe('a manifest that fits no model', () => {
  test('fits its own', () => expect(() => check(denseModel())).not.toThrow());

  test.each([
    ['u8', ['rows', 3], /wants f32\[rows,3\] for "x"; the manifest gives u8\[rows,3\]\./],
    ['f32', [1, 1, 28], /wants f32\[rows,3\] for "x"; the manifest gives f32\[1,1,28\]\./],
  ] as const)('%s%j is refused with both shapes', (type, shape, message) => {
    const inputs = { x: { type, shape: [...shape], source } };
    expect(() => check(denseModel(), program({ inputs }))).toThrow(refused(message));
  });

  test('names a missing, an unknown input and an unknown output', () => {
    const x = program().inputs['x']!;
    expect(() => check(denseModel(), program({ inputs: {} }))).toThrow(refused(/no input of that name/));
    expect(() => check(denseModel(), program({ inputs: { x, z: x } }))).toThrow(
      refused(/The model has no input "z"/),
    );
    expect(() => check(denseModel(), program({ outputs: { p: { tensor: 'p', type: 'f32' } } }))).toThrow(
      expect.objectContaining({
        message: 'The model has no output "p".',
        hint: 'It has: f32[rows,2] for "y".',
      }),
    );
    expect(() => check(denseModel(), program({ outputs: { y: { tensor: 'y', type: 'i64' } } }))).toThrow(
      refused(/gives f32\[rows,2\] for "y"; the manifest wants i64/),
    );
  });

  test('is found by the dimensions that the model fixes, and by those that must agree', () => {
    const { inputs } = readModel(denseModel(8));
    expect(() => checkShapes(inputs, program(), { x: [8, 3] })).not.toThrow();
    expect(() => checkShapes(inputs, program(), { x: [5, 3] })).toThrow(
      refused(/wants f32\[8,3\] for "x"; the manifest gives f32\[5,3\]/),
    );
    const two = ['a', 'b'].map((name) => ({ name, dataType: 1, shape: ['n'] }));
    expect(() => checkShapes(two, program(), { a: [4], b: [4] })).not.toThrow();
    expect(() => checkShapes(two, program(), { a: [4], b: [5] })).toThrow(
      refused(/one size for "n"; the manifest gives 4 in "a" and 5 in "b"/),
    );
  });
});

describe('a hostile file', () => {
  const tensor = (...fields: Bytes[]) =>
    bytesField(7, [bytesField(5, [...fields, bytesField(8, 'w')]), bytesField(2, 'g')]);
  const nested = (depth: number): Bytes =>
    depth === 0
      ? bytesField(2, 'g')
      : bytesField(1, [bytesField(4, 'If'), bytesField(5, [bytesField(6, nested(depth - 1))])]);

  test.each<[string, Bytes, RegExp]>([
    ['nothing', new Uint8Array(0), /holds no graph/],
    ['noise', Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7919) % 251), /no ONNX file|holds no graph/],
    ['half a model', denseModel().subarray(0, 90), /no ONNX file, or was cut short/],
    ['two graphs', concat([denseModel(), denseModel()]), /two graphs/],
    ['training steps', bytesField(20, [bytesField(1, '')]), /training steps/],
    ['weights in another file', tensor(numberField(1, 4), numberField(14, 1)), /"w" lies in another file/],
    ['a place of other weights', tensor(bytesField(13, [bytesField(1, 'location')])), /another file/],
    ['a giant without bytes', tensor(numberField(1, 2 ** 40)), /claims 1099511627776 elements/],
    ['a negative size', tensor(numberField(1, -1)), /claims \d+ elements/],
    ['a thousand dimensions', tensor(bytesField(1, new Uint8Array(1_000))), /no ONNX file/],
    ['graphs in graphs', bytesField(7, nested(40)), /deep in each other/],
    ['an endless number', Uint8Array.from({ length: 12 }, () => 0xff), /no ONNX file/],
    ['a group', Uint8Array.of(0x0b, 0x0c), /no ONNX file/],
    ['two million parts', new Uint8Array(5_000_000).fill(8), /more than 2000000 parts/],
  ])('of %s is refused by name', (_, file, message) => {
    expect(() => readModel(file)).toThrow(refused(message));
  });

  test('cut anywhere is refused or still whole in what was read', () => {
    const file = loopModel();
    for (let end = 0; end < file.byteLength; end += 3) {
      try {
        expect(readModel(file.subarray(0, end)).inputs).toHaveLength(2);
      } catch (error) {
        expect(error).toMatchObject({ code: 'sandbox/refused' });
      }
    }
  });

  test('with operators that nobody has, or that draw lots, is refused', () => {
    const x = { x: { type: 'f32' as const, shape: [4], source } };
    expect(() => check(oneOperator('Magic', 'com.example'), program({ inputs: x }))).toThrow(
      refused(/the operator "Magic" of "com\.example"/),
    );
    expect(() => check(oneOperator('RandomNormalLike'), program({ inputs: x }))).toThrow(
      refused(/draws random numbers \(RandomNormalLike\)/),
    );
    expect(() => check(oneOperator('Relu'), program({ inputs: x }))).not.toThrow();
    expect(() => check(giantModel())).toThrow(refused(/i64\[2\] for "shape"/));
  });
});
