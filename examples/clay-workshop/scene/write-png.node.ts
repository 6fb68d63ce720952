import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** PNG color type of plain red, green, blue (PNG specification, 11.2.2). */
const RGB = 2;

/** An 8-bit RGB picture as PNG; each row takes the filter that leaves least. */
export function writePng(width: number, height: number, rgb: Uint8Array): Uint8Array {
  return assemble(width, height, filterRows(rgb, width * 3, height, 3));
}

function assemble(width: number, height: number, rows: Uint8Array): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, RGB, 0, 0, 0], 8);
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array()),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

function filterRows(bytes: Uint8Array, stride: number, height: number, pixelBytes: number): Uint8Array {
  const out = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    let best: Uint8Array | undefined;
    let least = Infinity;
    for (let filter = 0; filter < 5; filter++) {
      const row = filterRow(bytes, y, stride, pixelBytes, filter);
      const size = row.reduce((sum, value, i) => (i === 0 ? sum : sum + Math.min(value, 256 - value)), 0);
      if (size < least) [best, least] = [row, size];
    }
    out.set(best!, y * (stride + 1));
  }
  return out;
}

function filterRow(
  bytes: Uint8Array,
  y: number,
  stride: number,
  pixelBytes: number,
  filter: number,
): Uint8Array {
  const row = new Uint8Array(stride + 1);
  row[0] = filter;
  for (let x = 0; x < stride; x++) {
    const left = x >= pixelBytes ? bytes[y * stride + x - pixelBytes]! : 0;
    const up = y > 0 ? bytes[(y - 1) * stride + x]! : 0;
    const corner = x >= pixelBytes && y > 0 ? bytes[(y - 1) * stride + x - pixelBytes]! : 0;
    row[x + 1] = bytes[y * stride + x]! - predict(filter, left, up, corner);
  }
  return row;
}

/** What a PNG filter subtracts (PNG specification, 9.2). */
function predict(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
