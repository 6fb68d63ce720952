import { KilnError } from '../base/errors.ts';

/** Did the browser refuse for want of room? */
export function isQuotaExceeded(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'QuotaExceededError';
}

/** Whatever IndexedDB threw, as a named error with a way out. */
export function storageError(thrown: unknown): KilnError {
  if (thrown instanceof KilnError) return thrown;
  if (isQuotaExceeded(thrown)) {
    return new KilnError('storage/disk-full', 'The browser has no room left for this site.', {
      cause: thrown,
      hint: 'Free disk space, or allow this site persistent storage.',
    });
  }
  if (thrown instanceof DOMException && thrown.name === 'InvalidStateError') {
    return new KilnError('storage/closed', 'The storage was closed, by another tab or by the browser.', {
      cause: thrown,
      hint: 'Reload this tab.',
    });
  }
  if (thrown instanceof DOMException && thrown.name === 'DataCloneError') {
    return new KilnError('storage/not-storable', 'This value cannot be stored.', {
      cause: thrown,
      hint: 'Store plain data: no functions, no promises.',
    });
  }
  return new KilnError('storage/failed', 'The browser could not read or write its storage.', {
    cause: thrown,
    data: { reason: thrown instanceof Error ? thrown.message : String(thrown) },
    hint: 'Reload this tab; if it happens again, clear the data of this site.',
  });
}
