import { KilnError } from '../base/errors.ts';
import { joinRow } from './csv.ts';

/** What a classifier said of one picture; confidences are its scores, from 0 to 1. */
export interface Prediction {
  readonly label: string;
  readonly confidence: number;
  readonly runnerUp: string;
  readonly runnerUpConfidence: number;
}

const SCORE_BYTES = 4;
/** Digits after the point that the table keeps. */
const CONFIDENCE_DIGITS = 4;
/** Columns of the table. */
const COLUMNS = ['image', 'label', 'confidence', 'runner_up', 'runner_up_confidence'];

/**
 * The best and the second-best label of each picture, from all tasks' scores (little-endian f32, one for each label) in
 * task order. Throws `job/scores-do-not-fit` when they are not as many as the pictures; scores that are no numbers lose.
 */
export function readPredictions(
  labels: readonly string[],
  pictures: number,
  outputs: readonly Uint8Array[],
): Prediction[] {
  const rowBytes = labels.length * SCORE_BYTES;
  const predictions: Prediction[] = [];
  for (const [task, output] of outputs.entries()) {
    if (output.byteLength % rowBytes !== 0) throw misfit(`task ${task + 1} ends within a row`);
    const view = new DataView(output.buffer, output.byteOffset, output.byteLength);
    for (let at = 0; at < output.byteLength; at += rowBytes) predictions.push(best(labels, view, at));
  }
  if (predictions.length === pictures) return predictions;
  throw misfit(`there are ${predictions.length} rows for ${pictures} pictures`);
}

/** The predictions as a CSV file with its header; pictures count from 1. */
export function predictionsToCsv(predictions: readonly Prediction[]): string {
  const rows = predictions.map(({ label, confidence, runnerUp, runnerUpConfidence }, i) =>
    joinRow([String(i + 1), label, digits(confidence), runnerUp, digits(runnerUpConfidence)]),
  );
  return [joinRow(COLUMNS), ...rows, ''].join('\n');
}

function best(labels: readonly string[], view: DataView, at: number): Prediction {
  let first = -1;
  let second = -1;
  const score = (i: number) => {
    const value = i < 0 ? NaN : view.getFloat32(at + i * SCORE_BYTES, true);
    return Number.isNaN(value) ? -Infinity : value;
  };
  for (let i = 0; i < labels.length; i++) {
    if (first < 0 || score(i) > score(first)) [first, second] = [i, first];
    else if (second < 0 || score(i) > score(second)) second = i;
  }
  return {
    label: labels[first]!,
    confidence: within01(score(first)),
    runnerUp: labels[second]!,
    runnerUpConfidence: within01(score(second)),
  };
}

function within01(score: number): number {
  return Math.min(1, Math.max(0, score));
}

function digits(confidence: number): string {
  return confidence.toFixed(CONFIDENCE_DIGITS);
}

function misfit(why: string): KilnError {
  return new KilnError('job/scores-do-not-fit', `The scores do not fit the pictures: ${why}.`, {
    hint: 'Let each task give one row of scores for each of its pictures, one score for each label.',
  });
}
