import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { assembleTable, tableToCsv } from './assemble-table.ts';
import { joinRow, splitRow } from './csv.ts';
import { plotData } from './plot-data.ts';

const withCode = (code: string, data = {}) =>
  expect.objectContaining({ code, data: expect.objectContaining(data) });

describe('csv', () => {
  test.each([
    ['a,b', ['a', 'b']],
    ['', ['']],
    [',', ['', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""hi""",', ['say "hi"', '']],
    ['"never closed,x', ['"never closed', 'x']],
    ['"a"b,c', ['"a"b', 'c']],
  ])('cuts %j', (row, fields) => {
    expect(splitRow(row)).toEqual(fields);
  });

  test('cuts what it joined', () => {
    const field = fc.string().filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), (fields) => {
        expect(splitRow(joinRow(fields))).toEqual(fields);
      }),
    );
  });
});

describe('table', () => {
  test('rows follow one another in task order under one header', () => {
    const table = assembleTable(
      ['x', 'a "b"'],
      [utf8('1,2\n3,4\n'), utf8(''), utf8('\r\n5,6\r\n'), utf8('7,8')],
    );
    expect(tableToCsv(table)).toBe('x,"a ""b"""\n1,2\n3,4\n5,6\n7,8\n');
  });

  test('a row of the wrong width is named by task and line', () => {
    expect(() => assembleTable(['x', 'y'], [utf8('1,2\n'), utf8('3,4\n5\n')])).toThrow(
      withCode('job/bad-row', { task: 1, line: 2, fields: 1, columns: 2 }),
    );
    expect(() => assembleTable(['x'], [utf8('1,2\n')])).toThrow(
      withCode('job/bad-row', { task: 0, fields: 2 }),
    );
  });

  test('bytes that are no text are refused', () => {
    expect(() => assembleTable(['x'], [new Uint8Array([0xff])])).toThrow(
      withCode('job/output-not-text', { task: 0 }),
    );
  });
});

describe('plot data', () => {
  const table = assembleTable(['x', 'note', 'y'], [utf8('1,a,2.5\n2,b,\n3,c,-1e3\n'), utf8('4,d,nan\n')]);

  test('takes two columns as numbers; what is none is NaN', () => {
    const data = plotData(table, { x: 'x', y: 'y', style: 'line' });
    expect([...data.x.values]).toEqual([1, 2, 3, 4]);
    expect([...data.y.values]).toEqual([2.5, Number.NaN, -1000, Number.NaN]);
    expect([data.x.label, data.y.label, data.style]).toEqual(['x', 'y', 'line']);
  });

  test('refuses a column that is not there', () => {
    expect(() => plotData(table, { x: 'x', y: 'z', style: 'line' })).toThrow(withCode('job/no-such-column'));
  });
});
