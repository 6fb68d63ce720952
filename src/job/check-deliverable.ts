import { KilnError } from '../base/errors.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { evaluateExpression, type Parameters } from './expression.ts';

const RGBA_BYTES = 4;

/** Throws a `job/…` error when the results of this task cannot become the deliverable. */
export function checkDeliverable({ deliverable, program }: Manifest, parameters: Parameters): void {
  if (deliverable.kind === 'files') return;
  const paths = program.kind === 'wasi' ? program.outputs : Object.keys(program.outputs);
  if (!paths.includes(deliverable.path)) {
    throw new KilnError(
      'job/deliverable-without-output',
      `The deliverable is made of "${deliverable.path}", which is no output.`,
      {
        data: { path: deliverable.path },
        hint: `Use one of: ${paths.join(', ')}.`,
      },
    );
  }
  if (deliverable.kind === 'table') checkColumns(deliverable);
  else if (program.kind === 'wgsl') {
    const buffer = program.outputs[deliverable.path]!.buffer;
    checkFrameSize(deliverable, evaluateExpression(program.buffers[buffer]!.bytes, parameters));
  }
}

function checkFrameSize({ width, height }: { width: number; height: number }, bytes: number): void {
  if (bytes === width * height * RGBA_BYTES) return;
  throw new KilnError(
    'job/frame-size-differs',
    `A frame of ${width} × ${height} is not what the output holds.`,
    {
      data: { width, height, expectedBytes: width * height * RGBA_BYTES, bytes },
      hint: 'Make the output buffer width × height × 4 bytes (RGBA, 8 bits each).',
    },
  );
}

function checkColumns({
  columns,
  plot,
}: {
  columns: readonly string[];
  plot?: { x: string; y: string } | undefined;
}): void {
  if (new Set(columns).size !== columns.length) {
    throw new KilnError('job/duplicate-column', 'The table has two columns of one name.', {
      data: { columns: columns.join(', ').slice(0, 300) },
      hint: 'Give each column a name of its own.',
    });
  }
  for (const column of plot === undefined ? [] : [plot.x, plot.y]) {
    if (columns.includes(column)) continue;
    throw new KilnError(
      'job/no-such-column',
      `The plot uses the column "${column}", which the table does not have.`,
      {
        data: { column },
        hint: `Use one of: ${columns.join(', ').slice(0, 300)}.`,
      },
    );
  }
}
