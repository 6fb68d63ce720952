import { KilnError } from '../base/errors.ts';

/** The error of everything that a closed sandbox still had to do. */
export function closed(): KilnError {
  return new KilnError('sandbox/closed', 'The sandbox was closed.', { hint: 'Open a new one.' });
}
