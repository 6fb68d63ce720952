import { fromUtf8 } from '../base/bytes.ts';
import { KilnError } from '../base/errors.ts';
import { joinRow, splitRow } from './csv.ts';

/** A finished table. */
export interface Table {
  readonly columns: readonly string[];
  /** Rows as CSV text, without the header, in task order. */
  readonly rows: readonly string[];
}

/**
 * Puts the rows of all tasks together, in task order. Each output is CSV text without a header; empty lines are left
 * out. Throws `job/output-not-text` or `job/bad-row`, naming the task and line.
 *
 * @example
 * tableToCsv(assembleTable(['x', 'y'], [utf8('1,2\n'), utf8('3,4\n')])); // 'x,y\n1,2\n3,4\n'
 */
export function assembleTable(columns: readonly string[], outputs: Iterable<Uint8Array>): Table {
  const rows: string[] = [];
  let task = 0;
  for (const output of outputs) {
    for (const row of rowsOf(output, task, columns.length)) rows.push(row);
    task++;
  }
  return { columns, rows };
}

/** The table as a CSV file with its header. */
export function tableToCsv(table: Table): string {
  return [joinRow(table.columns), ...table.rows, ''].join('\n');
}

function rowsOf(output: Uint8Array, task: number, columns: number): string[] {
  const rows = text(output, task).split(/\r?\n/);
  for (const [line, row] of rows.entries()) {
    if (row === '') continue;
    const fields = splitRow(row).length;
    if (fields === columns) continue;
    throw new KilnError(
      'job/bad-row',
      `Task ${task + 1} wrote a row of ${fields} columns; the table has ${columns}.`,
      {
        data: { task, line: line + 1, fields, columns },
        hint: "Make the program print one field per column, or correct the deliverable's columns.",
      },
    );
  }
  return rows.filter((row) => row !== '');
}

function text(output: Uint8Array, task: number): string {
  try {
    return fromUtf8(output);
  } catch (cause) {
    throw new KilnError('job/output-not-text', `The output of task ${task + 1} is not UTF-8 text.`, {
      cause,
      data: { task },
      hint: "Choose the deliverable 'files', or make the program print text.",
    });
  }
}
