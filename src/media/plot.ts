import type { PlotData } from '../job/plot-data.ts';
import { extent, plotScale, type PlotScale } from './plot-scale.ts';

/** Size of the drawing in CSS pixels; an SVG scales, so this sets only the proportions of text to data. */
const WIDTH = 960;
const HEIGHT = 540;
const MARGIN = { top: 44, right: 24, bottom: 56, left: 84 };
/** Ticks every 90 pixels or so keep labels apart. */
const X_TICKS = 9;
const Y_TICKS = 7;
/** Positions are rounded to this part of a pixel: finer is not seen and only makes the file larger. */
const STEPS_PER_PIXEL = 2;

/**
 * Draws two columns of a table as an SVG file: axes, ticks, labels, and a line or points. Its colours follow the page
 * (`currentColor`) or, opened on its own, the reader's light or dark setting.
 *
 * @example
 * const svg = drawPlot(plotData(table, { x: 'rho', y: 'z_max', style: 'points' }), 'Lorenz system');
 */
export function drawPlot(data: PlotData, title: string): string {
  const x = plotScale(extent(data.x.values), [MARGIN.left, WIDTH - MARGIN.right], X_TICKS);
  const y = plotScale(extent(data.y.values), [HEIGHT - MARGIN.bottom, MARGIN.top], Y_TICKS);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(`${title}: ${data.y.label} over ${data.x.label}`)}">`,
    '<style>svg{color:#1c1917;background:#fff}@media (prefers-color-scheme:dark){svg{color:#f5f5f4;background:#1c1917}}',
    'text{font:14px system-ui,sans-serif;fill:currentColor}.axis{stroke:currentColor;fill:none}.grid{stroke:currentColor;stroke-opacity:.12}',
    '.data{stroke:#c2410c;fill:none;stroke-linejoin:round;stroke-linecap:round}@media (prefers-color-scheme:dark){.data{stroke:#fb923c}}</style>',
    `<text x="${MARGIN.left}" y="26" font-weight="600">${escapeXml(title)}</text>`,
    ...xAxis(x, data.x.label),
    ...yAxis(y, data.y.label),
    data.style === 'points'
      ? `<path class="data" stroke-width="1" d="${points(data, x, y)}"/>`
      : `<path class="data" stroke-width="1.75" d="${line(data, x, y)}"/>`,
    '</svg>\n',
  ].join('\n');
}

function xAxis(scale: PlotScale, label: string): string[] {
  const bottom = HEIGHT - MARGIN.bottom;
  const ticks = scale.ticks.map((tick) => {
    const at = rounded(scale.toPixel(tick.value));
    return `<path class="grid" d="M${at} ${MARGIN.top}V${bottom}"/><text x="${at}" y="${bottom + 20}" text-anchor="middle">${tick.label}</text>`;
  });
  const middle = (MARGIN.left + WIDTH - MARGIN.right) / 2;
  return [
    ...ticks,
    `<path class="axis" d="M${MARGIN.left} ${bottom}H${WIDTH - MARGIN.right}"/>`,
    `<text x="${middle}" y="${HEIGHT - 12}" text-anchor="middle">${escapeXml(label)}</text>`,
  ];
}

function yAxis(scale: PlotScale, label: string): string[] {
  const right = WIDTH - MARGIN.right;
  const ticks = scale.ticks.map((tick) => {
    const at = rounded(scale.toPixel(tick.value));
    return `<path class="grid" d="M${MARGIN.left} ${at}H${right}"/><text x="${MARGIN.left - 8}" y="${at + 5}" text-anchor="end">${tick.label}</text>`;
  });
  const middle = (MARGIN.top + HEIGHT - MARGIN.bottom) / 2;
  return [
    ...ticks,
    `<path class="axis" d="M${MARGIN.left} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}"/>`,
    `<text transform="translate(20 ${middle}) rotate(-90)" text-anchor="middle">${escapeXml(label)}</text>`,
  ];
}

/** Each place once, as a dot: a line of no length with a round cap. */
function points(data: PlotData, x: PlotScale, y: PlotScale): string {
  const places = new Set<string>();
  for (const [px, py] of pixels(data, x, y)) if (px !== undefined) places.add(`M${px} ${py}h0`);
  return [...places].join('');
}

/** A gap where a value is no number; steps that stay in place are left out. */
function line(data: PlotData, x: PlotScale, y: PlotScale): string {
  let path = '';
  let isDown = false;
  let last = '';
  for (const [px, py] of pixels(data, x, y)) {
    const place = `${px} ${py}`;
    if (px === undefined) isDown = false;
    else if (!isDown || place !== last) path += `${isDown ? 'L' : 'M'}${place}`;
    isDown = px !== undefined;
    last = place;
  }
  return path;
}

function* pixels(
  { x, y }: PlotData,
  xScale: PlotScale,
  yScale: PlotScale,
): Generator<[number, number] | [undefined]> {
  for (const [i, value] of x.values.entries()) {
    const other = y.values[i]!;
    const isDrawn = Number.isFinite(value) && Number.isFinite(other);
    yield isDrawn ? [rounded(xScale.toPixel(value)), rounded(yScale.toPixel(other))] : [undefined];
  }
}

function rounded(pixel: number): number {
  return Math.round(pixel * STEPS_PER_PIXEL) / STEPS_PER_PIXEL;
}

/** Column names come from strangers' manifests: nothing of them may become markup. */
function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
