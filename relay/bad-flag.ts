import { KilnError } from '../src/base/errors.ts';

/** The error of an argument that means nothing. */
export function badFlag(message: string, cause?: unknown): KilnError {
  return new KilnError('relay/bad-flag', message, { hint: 'Run it with --help to see all flags.', cause });
}
