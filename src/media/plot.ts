import type { PlotData } from '../job/plot-data.ts';
import { extent, isDrawn, plotScale, type PlotScale } from './plot-scale.ts';

/** Size of the drawing in CSS pixels; an SVG scales, so this sets only the proportions of text to data. */
const WIDTH = 960;
const HEIGHT = 540;
const MARGIN = { top: 44, right: 24, bottom: 56, left: 84 };
/** Ticks every 90 pixels or so keep labels apart. */
const X_TICKS = 9;
const Y_TICKS = 7;
/** Positions are rounded to this part of a pixel: finer is not seen and only makes the file larger. */
const STEPS_PER_PIXEL = 2;
/** A dot's width is this share of what each dot has for itself, so that few are seen and many do not merge. */
const DOT_SHARE = 0.14;
const MIN_DOT = 0.8;
const MAX_DOT = 5;
const DATA_AREA = (WIDTH - MARGIN.left - MARGIN.right) * (HEIGHT - MARGIN.top - MARGIN.bottom);

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
    data.style === 'points' ? points(data, x, y) : line(data, x, y),
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
  const dots = new Set<string>();
  for (const place of places(data, x, y)) if (place !== undefined) dots.add(`M${place}h0`);
  const width = Math.min(MAX_DOT, Math.max(MIN_DOT, DOT_SHARE * Math.sqrt(DATA_AREA / dots.size)));
  return `<path class="data" stroke-width="${width.toFixed(1)}" d="${[...dots].join('')}"/>`;
}

/** A gap where a value is no number; steps that stay in place are left out. */
function line(data: PlotData, x: PlotScale, y: PlotScale): string {
  let path = '';
  let last: string | undefined;
  for (const place of places(data, x, y)) {
    if (place !== undefined && place !== last) path += `${last === undefined ? 'M' : 'L'}${place}`;
    last = place;
  }
  return `<path class="data" stroke-width="1.75" d="${path}"/>`;
}

/** Where each row lies, in pixels; undefined when it has no place. */
function* places({ x, y }: PlotData, xScale: PlotScale, yScale: PlotScale): Generator<string | undefined> {
  for (const [i, value] of x.values.entries()) {
    const other = y.values[i]!;
    const hasPlace = isDrawn(value) && isDrawn(other);
    yield hasPlace ? `${rounded(xScale.toPixel(value))} ${rounded(yScale.toPixel(other))}` : undefined;
  }
}

function rounded(pixel: number): number {
  return Math.round(pixel * STEPS_PER_PIXEL) / STEPS_PER_PIXEL;
}

/** Column names come from strangers' manifests: nothing of them may become markup. */
function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
