import type { Bytes } from '../base/bytes.ts';
import type { Prediction } from '../job/read-predictions.ts';
import type { Deliverable } from '../protocol/manifest.ts';

type Sheet = Extract<Deliverable, { kind: 'contact-sheet' }>;

/** Pixels around each picture, and at the sheet's edge. */
const GAP = 10;
/** Least width of a cell: room for a label and a percentage. */
const MIN_CELL_WIDTH = 76;
/** Pictures smaller than this are enlarged by whole factors, so that each pixel stays a square. */
const MIN_PICTURE_WIDTH = 64;
const CAPTION_HEIGHT = 26;
/** Confidence below which a caption is set in the colour of doubt. */
const DOUBT_BELOW = 0.8;
/** What browsers draw at most along one side. */
const MAX_SIDE = 16_384;
/** A sheet looks the same in every theme: it is a picture to keep and to print. */
const COLOURS = { paper: '#fbf7f2', ink: '#2b2320', soft: '#6f625b', doubt: '#a8320b' } as const;
const FONT = 'system-ui, sans-serif';

/** Where everything lies on a sheet, in pixels. */
export interface SheetPlan {
  readonly columns: number;
  readonly width: number;
  readonly height: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** By how much a picture is enlarged. */
  readonly scale: number;
}

/** Plans a sheet of this many pictures: about as wide as high unless the job says how many stand side by side. */
export function planSheet({ width, height, columns }: Sheet, pictures: number): SheetPlan {
  for (let scale = Math.max(1, Math.round(MIN_PICTURE_WIDTH / width)); ; scale--) {
    const cellWidth = Math.max(MIN_CELL_WIDTH, width * scale) + GAP;
    const cellHeight = height * scale + CAPTION_HEIGHT + GAP;
    const side = columns ?? Math.ceil(Math.sqrt((pictures * cellHeight) / cellWidth));
    const across = Math.min(pictures, side);
    const plan = {
      columns: across,
      width: across * cellWidth + GAP,
      height: Math.ceil(pictures / across) * cellHeight + GAP,
      cellWidth,
      cellHeight,
      scale,
    };
    if (scale <= 1 || Math.max(plan.width, plan.height) <= MAX_SIDE) return plan;
  }
}

/** All pictures on one sheet as a PNG, each with its label and the confidence in it. */
export async function drawContactSheet(
  sheet: Sheet,
  images: Bytes,
  predictions: readonly Prediction[],
): Promise<Bytes> {
  const plan = planSheet(sheet, predictions.length);
  const canvas = new OffscreenCanvas(plan.width, plan.height);
  const context = canvas.getContext('2d')!;
  context.fillStyle = COLOURS.paper;
  context.fillRect(0, 0, plan.width, plan.height);
  context.imageSmoothingEnabled = false;
  context.textBaseline = 'middle';
  const picture = new OffscreenCanvas(sheet.width, sheet.height);
  for (const [i, prediction] of predictions.entries()) {
    const x = GAP + (i % plan.columns) * plan.cellWidth;
    const y = GAP + Math.floor(i / plan.columns) * plan.cellHeight;
    const inner = plan.cellWidth - GAP;
    const wide = sheet.width * plan.scale;
    picture.getContext('2d')!.putImageData(greyPicture(sheet, images, i), 0, 0);
    context.drawImage(picture, x + (inner - wide) / 2, y, wide, sheet.height * plan.scale);
    drawCaption(context, prediction, x, y + sheet.height * plan.scale + CAPTION_HEIGHT / 2, inner);
  }
  const blob = await canvas.convertToBlob({ type: 'image/png' });
  return new Uint8Array(await blob.arrayBuffer());
}

function greyPicture({ width, height }: Sheet, images: Bytes, index: number): ImageData {
  const pixels = new Uint8ClampedArray(width * height * 4);
  const from = index * width * height;
  for (let i = 0; i < width * height; i++)
    pixels.set([images[from + i]!, images[from + i]!, images[from + i]!, 255], i * 4);
  return new ImageData(pixels, width, height);
}

function drawCaption(
  context: OffscreenCanvasRenderingContext2D,
  { label, confidence }: Prediction,
  x: number,
  y: number,
  width: number,
): void {
  const isDoubtful = confidence < DOUBT_BELOW;
  const percent = `${Math.floor(confidence * 100)} %`;
  context.font = `12px ${FONT}`;
  context.textAlign = 'right';
  context.fillStyle = isDoubtful ? COLOURS.doubt : COLOURS.soft;
  context.fillText(percent, x + width, y);
  const room = width - context.measureText(percent).width - 6;
  context.font = `600 15px ${FONT}`;
  context.textAlign = 'left';
  context.fillStyle = isDoubtful ? COLOURS.doubt : COLOURS.ink;
  // A long label is squeezed rather than drawn over the percentage.
  context.fillText(label, x, y, Math.max(room, 1));
}
