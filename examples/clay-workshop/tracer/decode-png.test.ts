import { describe, expect, test } from 'vitest';
import { type Bytes, concat, utf8 } from '../../../src/base/bytes.ts';
import { decodePng } from './decode-png.ts';

function word(value: number): Bytes {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** The decoder trusts zlib's own checksum and reads no CRC. */
function chunk(type: string, data: Uint8Array): Bytes {
  return concat([word(data.byteLength), utf8(type), data, word(0)]);
}

async function deflate(bytes: Bytes): Promise<Bytes> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

interface Parts {
  readonly size?: readonly [number, number];
  readonly form?: readonly [depth: number, colorType: number, interlace: number];
  readonly rows?: readonly number[];
  readonly extra?: readonly Bytes[];
}

async function png({ size = [2, 2], form = [8, 2, 0], rows = [], extra = [] }: Parts): Promise<Bytes> {
  const header = concat([word(size[0]), word(size[1]), Uint8Array.of(form[0], form[1], 0, 0, form[2])]);
  const data = await deflate(Uint8Array.from(rows));
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return concat([
    signature,
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array()),
  ]);
}

describe('a PNG', () => {
  test('is decoded through each filter', async () => {
    const rows = [
      0, 10, 20, 30, 40, 50, 60, 1, 1, 2, 3, 4, 5, 6, 2, 1, 1, 1, 2, 2, 2, 3, 10, 10, 10, 10, 10, 10, 4, 1, 1,
      1, 1, 1, 1,
    ];
    const { rgba } = await decodePng(await png({ size: [2, 5], rows }));
    const pixels = Array.from({ length: 10 }, (_, i) => [...rgba.subarray(4 * i, 4 * i + 3)]);
    expect(pixels).toEqual([
      [10, 20, 30],
      [40, 50, 60],
      [1, 2, 3],
      [5, 7, 9],
      [2, 3, 4],
      [7, 9, 11],
      [11, 11, 12],
      [19, 20, 21],
      [12, 12, 13],
      [20, 21, 22],
    ]);
  });

  test('with a palette, gray or alpha becomes RGBA', async () => {
    const palette = chunk('PLTE', Uint8Array.of(1, 2, 3, 4, 5, 6));
    const alpha = chunk('tRNS', Uint8Array.of(9));
    const indexed = await decodePng(
      await png({ size: [2, 1], form: [8, 3, 0], rows: [0, 0, 1], extra: [palette, alpha] }),
    );
    expect([...indexed.rgba]).toEqual([1, 2, 3, 9, 4, 5, 6, 255]);
    const gray = await decodePng(await png({ size: [1, 1], form: [8, 4, 0], rows: [0, 7, 8] }));
    expect([...gray.rgba]).toEqual([7, 7, 7, 8]);
  });

  test.each<[string, Parts]>([
    ['16 bits', { form: [16, 2, 0] }],
    ['interlaced', { form: [8, 2, 1] }],
    ['an unknown color type', { form: [8, 5, 0] }],
    ['too wide', { size: [2_049, 1] }],
    ['empty', { size: [0, 1] }],
    ['too few rows', { rows: [0, 1, 2, 3, 4, 5, 6] }],
    ['more rows than it says', { rows: new Array<number>(1_000_000).fill(0) }],
    ['an unknown filter', { size: [1, 1], rows: [5, 1, 2, 3] }],
    ['a color its palette lacks', { size: [1, 1], form: [8, 3, 0], rows: [0, 4] }],
  ])('is refused: %s', async (_, parts) => {
    await expect(decodePng(await png(parts))).rejects.toMatchObject({ code: 'scene/bad-texture' });
  });

  test('is refused when cut off or not one at all', async () => {
    const whole = await png({ rows: [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6] });
    for (const end of [0, 4, 20, 40, 50]) {
      await expect(decodePng(whole.subarray(0, end))).rejects.toMatchObject({ code: 'scene/bad-texture' });
    }
  });
});
