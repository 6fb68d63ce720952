import { splitRow } from '../../job/csv.ts';

/** One point of a plot. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
}

/** Rows read of one task; a task may write millions, a plot shows thousands. */
const MAX_ROWS_PER_TASK = 5_000;

/** Cells of CSV rows, quotes undone. Reads at most the given number of rows; a last line without an end counts. */
export function parseRows(text: string, maxRows = MAX_ROWS_PER_TASK): string[][] {
  const rows: string[][] = [];
  let start = 0;
  while (start < text.length && rows.length < maxRows) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end).replace(/\r$/, '');
    if (line !== '') rows.push(splitRow(line));
    start = end + 1;
  }
  return rows;
}

/** Points of two columns; rows where either is no finite number are left out. */
export function pointsOf(
  rows: readonly (readonly string[])[],
  columns: readonly string[],
  axes: { readonly x: string; readonly y: string },
): PlotPoint[] {
  const xIndex = columns.indexOf(axes.x);
  const yIndex = columns.indexOf(axes.y);
  const points: PlotPoint[] = [];
  for (const row of rows) {
    const x = numberOf(row[xIndex]);
    const y = numberOf(row[yIndex]);
    if (x !== undefined && y !== undefined) points.push({ x, y });
  }
  return points;
}

function numberOf(cell: string | undefined): number | undefined {
  if (cell === undefined || cell.trim() === '') return undefined;
  const value = Number(cell);
  return Number.isFinite(value) ? value : undefined;
}

/** Every n-th point so that at most `max` are left; the order stays. */
export function thin(points: readonly PlotPoint[], max: number): readonly PlotPoint[] {
  if (points.length <= max) return points;
  const stride = Math.ceil(points.length / max);
  return points.filter((_, i) => i % stride === 0);
}
