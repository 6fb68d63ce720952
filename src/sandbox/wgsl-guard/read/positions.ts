/** Text that the guard put into a line of the author's: `columns` characters before this column (both from 1). */
export interface WgslEdit {
  readonly line: number;
  readonly column: number;
  readonly columns: number;
}

/** A place in a text, both from 1; columns count UTF-16 code units, as WebGPU's compiler messages do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Where in the author's text a place of the guarded text lies; inserted text counts as the place it was inserted at.
 *
 * @example
 * const { line, column } = authorPosition(guarded.edits, message.lineNum, message.linePos);
 */
export function authorPosition(edits: readonly WgslEdit[], line: number, column: number): Position {
  let inserted = 0;
  for (const edit of edits) {
    if (edit.line !== line) continue;
    const from = edit.column + inserted;
    if (column < from) break;
    if (column < from + edit.columns) return { line, column: edit.column };
    inserted += edit.columns;
  }
  return { line, column: column - inserted };
}

/** Offsets at which lines begin; `\n`, `\r\n` and `\r` end a line, as they do in editors. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x0a || (code === 0x0d && text.charCodeAt(i + 1) !== 0x0a)) starts.push(i + 1);
  }
  return starts;
}

/** The line and column of an offset. */
export function positionAt(starts: readonly number[], offset: number): Position {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - starts[low]! + 1 };
}
