import { type Bytes, utf8 } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { aborted, KilnError } from '../base/errors.ts';
import { assembleTable, tableToCsv } from '../job/assemble-table.ts';
import { plotData } from '../job/plot-data.ts';
import { predictionsToCsv, readPredictions } from '../job/read-predictions.ts';
import { taskCount } from '../job/split.ts';
import type { Deliverable, Manifest } from '../protocol/manifest.ts';
import { drawContactSheet } from './contact-sheet.ts';
import { drawPlot } from './plot.ts';
import { zipFiles } from './zip.ts';

/** A finished file, ready to be shown or downloaded. */
export interface AssembledFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Bytes;
}

/** One output of a verified task. */
export interface VerifiedOutput {
  readonly path: string;
  readonly bytes: Bytes;
}

/** Where the verified outputs come from, and who watches. */
export interface AssembleOptions {
  /** Verified outputs of a task; undefined when it has none yet. Asked for in task order, one task at a time. */
  readonly outputs: (task: number) => Promise<readonly VerifiedOutput[] | undefined>;
  /** Reads an input of the job; only contact sheets, which show their pictures, need it. */
  readonly input?: (cid: Cid) => Promise<Bytes>;
  readonly signal: AbortSignal;
  /** Between 0 and 1. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Makes the deliverable of a job from its verified outputs: the video; the table and its plot; the contact sheet and its
 * table; or all files as a ZIP.
 * Throws `media/output-missing` when a task has no output yet, else what the table and the video throw.
 *
 * @example
 * const [video] = await assembleDeliverable(manifest, { outputs: (task) => readVerified(job, task), signal });
 */
export async function assembleDeliverable(
  manifest: Manifest,
  options: AssembleOptions,
): Promise<AssembledFile[]> {
  const { deliverable, name } = manifest;
  const title = fileTitle(name);
  if (deliverable.kind === 'video') return [await assembleVideo(title, deliverable, manifest, options)];
  if (deliverable.kind === 'table') return assembleSheet(title, deliverable, manifest, options);
  if (deliverable.kind === 'contact-sheet')
    return assembleContactSheet(title, deliverable, manifest, options);
  const files = async function* () {
    for await (const { task, outputs } of verified(manifest, options)) {
      for (const { path, bytes } of outputs)
        yield { path: `${title}/task-${String(task).padStart(6, '0')}/${path}`, bytes };
    }
  };
  return [{ name: `${title}.zip`, mediaType: 'application/zip', bytes: await zipFiles(files()) }];
}

async function assembleVideo(
  title: string,
  deliverable: Extract<Deliverable, { kind: 'video' }>,
  manifest: Manifest,
  options: AssembleOptions,
): Promise<AssembledFile> {
  const frames = async function* () {
    for await (const { task, outputs } of verified(manifest, options)) {
      yield { rgba: outputOf(outputs, deliverable.path, task) };
    }
  };
  // Loaded when the first video is made: the muxer is larger than the rest of this folder together.
  const { encodeVideo } = await import('./video.ts');
  const { bytes, mediaType, extension } = await encodeVideo(frames(), {
    ...deliverable,
    signal: options.signal,
  });
  return { name: `${title}.${extension}`, mediaType, bytes };
}

async function assembleSheet(
  title: string,
  { columns, plot, path }: Extract<Deliverable, { kind: 'table' }>,
  manifest: Manifest,
  options: AssembleOptions,
): Promise<AssembledFile[]> {
  const parts: Bytes[] = [];
  for await (const { task, outputs } of verified(manifest, options))
    parts.push(outputOf(outputs, path, task));
  const table = assembleTable(columns, parts);
  const csv = { name: `${title}.csv`, mediaType: 'text/csv', bytes: utf8(tableToCsv(table)) };
  if (plot === undefined) return [csv];
  const svg = drawPlot(plotData(table, plot), manifest.name);
  return [csv, { name: `${title}.svg`, mediaType: 'image/svg+xml', bytes: utf8(svg) }];
}

async function assembleContactSheet(
  title: string,
  sheet: Extract<Deliverable, { kind: 'contact-sheet' }>,
  manifest: Manifest,
  options: AssembleOptions,
): Promise<AssembledFile[]> {
  const parts: Bytes[] = [];
  for await (const { task, outputs } of verified(manifest, options))
    parts.push(outputOf(outputs, sheet.path, task));
  const images = await options.input?.(sheet.images.cid);
  if (images === undefined) {
    throw new KilnError('media/pictures-missing', 'The pictures of this contact sheet cannot be read.', {
      hint: 'Give the inputs of the job along with its outputs.',
    });
  }
  const pictures = images.byteLength / (sheet.width * sheet.height);
  const predictions = readPredictions(sheet.labels, pictures, parts);
  const png = await drawContactSheet(sheet, images, predictions);
  return [
    { name: `${title}.png`, mediaType: 'image/png', bytes: png },
    { name: `${title}.csv`, mediaType: 'text/csv', bytes: utf8(predictionsToCsv(predictions)) },
  ];
}

/** All tasks' outputs in order, with progress. */
async function* verified({ split }: Manifest, { outputs, signal, onProgress }: AssembleOptions) {
  const tasks = taskCount(split);
  for (let task = 0; task < tasks; task++) {
    if (signal.aborted) throw aborted(signal.reason);
    const found = await outputs(task);
    if (found === undefined) throw missing(task);
    yield { task, outputs: found };
    onProgress?.((task + 1) / tasks);
  }
}

function outputOf(outputs: readonly VerifiedOutput[], path: string, task: number): Bytes {
  const output = outputs.find((candidate) => candidate.path === path);
  if (output === undefined) throw missing(task, path);
  return output.bytes;
}

function missing(task: number, path?: string): KilnError {
  const what = path === undefined ? 'result' : `output "${path}"`;
  return new KilnError('media/output-missing', `Task ${task + 1} has no verified ${what}.`, {
    data: { task, ...(path === undefined ? {} : { path }) },
    hint: 'Wait until every task is verified.',
  });
}

/** A job's name as the beginning of a file name. */
function fileTitle(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return plain.replaceAll(/^-+|-+$/g, '') || 'result';
}
