import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WASI } from 'node:wasi';

/* Writes `thumbnail.svg`: a quilt of 14 × 14 patches. node examples/quilts/make-thumbnail.node.ts */

const SIDE = 14;
const [WIDTH, HEIGHT, PATCH] = [320, 180, 12];
/** As in quilt.h: the light and the dark half of a patch. */
const COLORS = [
  ['#e29578', '#c96d52'],
  ['#264653', '#1c3440'],
  ['#f4d38c', '#e6bc68'],
  ['#5e948b', '#467a72'],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'kiln-quilt-'));
const wasi = new WASI({
  version: 'preview1',
  args: ['quilt', String(SIDE), '4', '0'],
  preopens: { '/': folder },
});
const module = await WebAssembly.compile(readFileSync(new URL('./quilt.wasm', import.meta.url)));
wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject() as WebAssembly.Imports));
const rows = readFileSync(join(folder, 'quilt.txt'), 'utf8').trimEnd().split('\n');
rmSync(folder, { recursive: true });

const [left, top] = [(WIDTH - SIDE * PATCH) / 2, (HEIGHT - SIDE * PATCH) / 2];
const patches = rows.flatMap((row, y) =>
  [...row].map((digit, x) => {
    const [light, dark] = COLORS[Number(digit)]!;
    const [px, py, size] = [left + x * PATCH + 0.5, top + y * PATCH + 0.5, PATCH - 1];
    const corner = (x + y) % 2 ? `${px + size} ${py}` : `${px} ${py}`;
    const opposite = (x + y) % 2 ? `${px} ${py + size}` : `${px + size} ${py + size}`;
    const low = (x + y) % 2 ? `${px + size} ${py + size}` : `${px} ${py + size}`;
    return [
      `<path fill="${light}" d="M${px} ${py}h${size}v${size}h-${size}z"/>`,
      `<path fill="${dark}" d="M${corner}L${opposite}L${low}z"/>`,
    ].join('');
  }),
);
const ground = `<rect width="${WIDTH}" height="${HEIGHT}" fill="#f7f0e4"/>`;
writeFileSync(
  new URL('./thumbnail.svg', import.meta.url),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="A quilt of ${SIDE} × ${SIDE} patches in four colours">\n${ground}\n${patches.join('\n')}\n</svg>\n`,
);
console.log('Wrote thumbnail.svg.');
