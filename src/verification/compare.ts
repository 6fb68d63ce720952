import { equalBytes } from '../base/bytes.ts';
import { type ElementType, TENSOR_ELEMENT_BYTES, type TensorType } from '../protocol/manifest.ts';
import type { Comparator } from '../protocol/policy.ts';
import type { Exit } from '../protocol/task.ts';

/** What is compared: how the run ended, and its output bytes by path, in any order. */
export interface ComparedResult {
  readonly exit: Exit;
  readonly outputs: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

/** Whether two results agree; `reason` says where they first differ, for people. */
export interface Comparison {
  readonly agrees: boolean;
  readonly reason?: string;
}

/** What an output is made of. */
export type OutputElement = ElementType | TensorType;

type Tolerance = Extract<Comparator, { class: 'tolerance' }>;

const AGREES: Comparison = { agrees: true };
const ELEMENT_BYTES: Readonly<Record<OutputElement, number>> = { ...TENSOR_ELEMENT_BYTES, f16: 2, u32: 4 };

/**
 * Do two results of one task agree under the job's comparator (design: verification)? Symmetric and reflexive, but
 * under a tolerance not transitive. Never throws, whatever the bytes are.
 *
 * @example
 * compareResults({ class: 'exact' }, mine, theirs, () => 'u8').agrees;
 */
export function compareResults(
  comparator: Comparator,
  a: ComparedResult,
  b: ComparedResult,
  elementOf: (path: string) => OutputElement,
): Comparison {
  const exitA = describeExit(a.exit);
  const exitB = describeExit(b.exit);
  if (exitA !== exitB) return differs(`ended differently: ${inOrder(exitA, exitB)}`);
  if (a.outputs.length !== b.outputs.length) return differs('has another number of outputs');
  const left = byPath(a);
  const right = byPath(b);
  for (const [i, { path, bytes }] of left.entries()) {
    const other = right[i]!;
    if (path !== other.path) return differs(`has other outputs: ${inOrder(path, other.path)}`);
    const compared = compareOutput(comparator, path, bytes, other.bytes, elementOf);
    if (!compared.agrees) return compared;
  }
  return AGREES;
}

function compareOutput(
  comparator: Comparator,
  path: string,
  a: Uint8Array,
  b: Uint8Array,
  elementOf: (path: string) => OutputElement,
): Comparison {
  if (equalBytes(a, b)) return AGREES;
  if (a.byteLength !== b.byteLength) return differs(`${path} has another length`);
  if (comparator.class !== 'tolerance') return differs(`${path} has other bytes`);
  const element = elementOf(path);
  if (a.byteLength % ELEMENT_BYTES[element] !== 0) return differs(`${path} is no whole number of ${element}`);
  return compareElements(comparator, path, elements(a, element), elements(b, element));
}

function compareElements(
  { rtol, atol, maxOutliers, maxMeanError }: Tolerance,
  path: string,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): Comparison {
  let outliers = 0;
  let errorSum = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x === y || (x !== x && y !== y)) continue;
    // NaN and the infinities only match themselves: any tolerance relative to them would be meaningless.
    const isFinitePair = Number.isFinite(x) && Number.isFinite(y);
    const error = isFinitePair ? Math.abs(x - y) : Infinity;
    if (!isFinitePair || error > atol + rtol * Math.max(Math.abs(x), Math.abs(y))) outliers++;
    errorSum += error;
  }
  if (outliers > maxOutliers * a.length) {
    return differs(`${path}: ${outliers} of ${a.length} elements lie beyond the tolerance`);
  }
  const meanError = errorSum / a.length;
  if (maxMeanError !== undefined && meanError > maxMeanError) {
    return differs(`${path}: mean error ${meanError.toPrecision(3)} is above ${maxMeanError}`);
  }
  return AGREES;
}

/** Little-endian elements, as WebAssembly and WebGPU write them on every device they exist on. */
function elements(bytes: Uint8Array, element: OutputElement): ArrayLike<number> {
  if (element === 'u8') return bytes;
  const { buffer } = new Uint8Array(bytes);
  if (element === 'u32') return new Uint32Array(buffer);
  if (element === 'f16') return Float32Array.from(new Uint16Array(buffer), halfToNumber);
  // Beyond 2⁵³ the difference of two is rounded, which a tolerance does not notice.
  if (element === 'i64') return Float64Array.from(new BigInt64Array(buffer), Number);
  return element === 'i32' ? new Int32Array(buffer) : new Float32Array(buffer);
}

/** The value of a 16-bit float (IEEE 754 binary16), as WGSL's `pack2x16float` makes them. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

function byPath(result: ComparedResult) {
  return [...result.outputs].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function describeExit(exit: Exit): string {
  return exit.kind === 'exit-code' ? `exit code ${exit.code}` : exit.kind;
}

function inOrder(a: string, b: string): string {
  return [a, b].sort().join(' and ');
}

function differs(reason: string): Comparison {
  return { agrees: false, reason };
}
