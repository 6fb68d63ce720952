import { expect, test } from 'vitest';
import { type Bytes, fromUtf8 } from '../base/bytes.ts';
import { ONNX_JOB, SOME_CID } from '../job/manifest.fixture.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { assembleDeliverable } from './assemble-deliverable.ts';
import { planSheet } from './contact-sheet.ts';

const { signal } = new AbortController();
const SHEET = {
  kind: 'contact-sheet',
  path: 'scores',
  images: { cid: SOME_CID, bytes: 600 },
  width: 10,
  height: 10,
  labels: ['dark', 'light'],
  columns: 3,
} as const;
const JOB: Manifest = { ...ONNX_JOB, deliverable: { ...SHEET, labels: [...SHEET.labels] } };
/** Six pictures: black ones and white ones in turn. */
const pictures = Uint8Array.from({ length: 600 }, (_, i) => (Math.floor(i / 100) % 2) * 255);
const outputs = async (task: number) => [
  {
    path: 'scores',
    bytes: new Uint8Array(
      Float32Array.from({ length: 6 }, (_, i) => ((task * 3 + Math.floor(i / 2)) % 2 === i % 2 ? 0.9 : 0.1))
        .buffer,
    ),
  },
];

test('pictures and scores become a sheet and a table', async () => {
  const [png, csv] = await assembleDeliverable(JOB, { outputs, input: async () => pictures, signal });
  expect([png!.name, png!.mediaType, csv!.name]).toEqual(['labels.png', 'image/png', 'labels.csv']);
  expect(fromUtf8(csv!.bytes).split('\n').slice(0, 3)).toEqual([
    'image,label,confidence,runner_up,runner_up_confidence',
    '1,dark,0.9000,light,0.1000',
    '2,light,0.9000,dark,0.1000',
  ]);
  const plan = planSheet(JOB.deliverable as never, 6);
  const bitmap = await createImageBitmap(new Blob([png!.bytes], { type: 'image/png' }));
  expect([bitmap.width, bitmap.height]).toEqual([plan.width, plan.height]);
  expect(plan.columns).toBe(3);
  expect(greys(bitmap, plan)).toEqual([0, 255, 0, 255, 0, 255]);
});

test('a sheet of many pictures is about as wide as high and never too large to draw', () => {
  const { columns: _, ...free } = SHEET;
  const sheet = { ...free, labels: [...SHEET.labels] };
  const plan = planSheet({ ...sheet, width: 28, height: 28 }, 600);
  expect(plan.width / plan.height).toBeGreaterThan(0.8);
  expect(plan.width / plan.height).toBeLessThan(1.25);
  const large = planSheet({ ...sheet, width: 28, height: 28, columns: 1 }, 250);
  expect(large.height).toBeLessThanOrEqual(16_384);
});

test('without its pictures there is no sheet', async () => {
  await expect(assembleDeliverable(JOB, { outputs, signal })).rejects.toThrow(
    expect.objectContaining({ code: 'media/pictures-missing' }),
  );
  const few: Bytes = pictures.slice(0, 500);
  await expect(assembleDeliverable(JOB, { outputs, input: async () => few, signal })).rejects.toThrow(
    expect.objectContaining({ code: 'job/scores-do-not-fit' }),
  );
});

/** The grey in the middle of each picture on the sheet. */
function greys(bitmap: ImageBitmap, plan: ReturnType<typeof planSheet>): number[] {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  return Array.from({ length: 6 }, (_, i) => {
    const x = (0.5 + (i % plan.columns)) * plan.cellWidth;
    const y = 10 + Math.floor(i / plan.columns) * plan.cellHeight + 5 * plan.scale;
    return context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data[0]!;
  });
}
