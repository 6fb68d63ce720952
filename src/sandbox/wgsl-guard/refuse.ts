import { KilnError } from '../../base/errors.ts';
import type { Position } from './read/positions.ts';

/** Longest name that a message quotes. */
const MAX_QUOTED_CHARS = 60;

/** The error for a shader that may not run, with the author's line and column in message and data. */
export function refuse(code: string, what: string, { line, column }: Position, hint: string): KilnError {
  return new KilnError(`sandbox/${code}`, `${line}:${column}: ${what}`, { data: { line, column }, hint });
}

/** A text of the author's in quotes, cut to a length that fits a message. */
export function quote(text: string): string {
  return `"${text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text}"`;
}

/** The guard's error with the name of its shader before the place: "trace:12:5: …", as compilers' errors are told. */
export function inShader(name: string, thrown: unknown): unknown {
  if (!(thrown instanceof KilnError) || thrown.data['line'] === undefined) return thrown;
  const { code, message, data, hint } = thrown;
  const options = hint === undefined ? { data } : { data, hint };
  return new KilnError(code, `${name}:${message}`, { ...options, cause: thrown });
}
