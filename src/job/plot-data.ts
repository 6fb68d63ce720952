import { KilnError } from '../base/errors.ts';
import type { Table } from './assemble-table.ts';
import { splitRow } from './csv.ts';

/** Two columns of a table as numbers, row by row; what is no number is NaN. */
export interface PlotData {
  readonly x: { readonly label: string; readonly values: Float64Array };
  readonly y: { readonly label: string; readonly values: Float64Array };
  readonly style: 'line' | 'points';
}

/** Takes two columns out of a table to draw them; throws `job/no-such-column`. */
export function plotData(
  table: Table,
  plot: { readonly x: string; readonly y: string; readonly style: 'line' | 'points' },
): PlotData {
  const [xColumn, yColumn] = [columnIndex(table, plot.x), columnIndex(table, plot.y)];
  const x = new Float64Array(table.rows.length);
  const y = new Float64Array(table.rows.length);
  for (const [i, row] of table.rows.entries()) {
    const fields = splitRow(row);
    x[i] = toNumber(fields[xColumn]);
    y[i] = toNumber(fields[yColumn]);
  }
  return { x: { label: plot.x, values: x }, y: { label: plot.y, values: y }, style: plot.style };
}

function toNumber(field = ''): number {
  return field.trim() === '' ? Number.NaN : Number(field);
}

function columnIndex(table: Table, name: string): number {
  const index = table.columns.indexOf(name);
  if (index >= 0) return index;
  throw new KilnError('job/no-such-column', `The table has no column "${name}".`, {
    data: { column: name, columns: table.columns.join(', ').slice(0, 300) },
    hint: 'Plot one of the columns of the deliverable.',
  });
}
