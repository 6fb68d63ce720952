import { KilnError } from '../../base/errors.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { evaluateExpression, type Parameters } from '../expression.ts';
import { checkContactSheet } from './check-contact-sheet.ts';
import { matchesOutput } from '../output-pattern.ts';
import { chooseFrom } from './suggest.ts';

const RGBA_BYTES = 4;

/** Throws a `job/…` error when the results of this task cannot become the deliverable. */
export function checkDeliverable({ deliverable, program }: Manifest, parameters: Parameters): void {
  if (deliverable.kind === 'files') return;
  const paths = program.kind === 'wasi' ? program.outputs : Object.keys(program.outputs);
  if (!paths.some((path) => matchesOutput(path, deliverable.path))) {
    throw new KilnError(
      'job/deliverable-without-output',
      `deliverable.path: there is no output "${deliverable.path}".`,
      {
        data: { path: 'deliverable.path', output: deliverable.path },
        hint: chooseFrom(deliverable.path, paths),
      },
    );
  }
  if (deliverable.kind === 'table') checkColumns(deliverable);
  else if (deliverable.kind === 'contact-sheet') checkContactSheet(deliverable, program);
  else if (program.kind === 'wgsl') {
    const buffer = program.outputs[deliverable.path]!.buffer;
    checkFrameSize(deliverable, evaluateExpression(program.buffers[buffer]!.bytes, parameters));
  }
}

function checkFrameSize({ width, height }: { width: number; height: number }, bytes: number): void {
  if (bytes === width * height * RGBA_BYTES) return;
  throw new KilnError(
    'job/frame-size-differs',
    `deliverable: a frame of ${width} × ${height} has ${width * height * RGBA_BYTES} bytes, but the output holds ${bytes}.`,
    {
      data: { path: 'deliverable', width, height, expectedBytes: width * height * RGBA_BYTES, bytes },
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
    const twice = columns.find((column, i) => columns.indexOf(column) !== i)!;
    throw new KilnError('job/duplicate-column', `deliverable.columns: "${twice}" stands there twice.`, {
      data: { path: 'deliverable.columns', columns: columns.join(', ').slice(0, 300) },
      hint: 'Give each column a name of its own.',
    });
  }
  for (const axis of plot === undefined ? [] : (['x', 'y'] as const)) {
    const column = plot![axis];
    if (columns.includes(column)) continue;
    throw new KilnError(
      'job/no-such-column',
      `deliverable.plot.${axis}: the table has no column "${column}".`,
      {
        data: { path: `deliverable.plot.${axis}`, column },
        hint: chooseFrom(column, columns),
      },
    );
  }
}
