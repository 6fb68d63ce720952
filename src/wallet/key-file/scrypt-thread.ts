import { proxy, wrap } from 'comlink';
import { type Bytes, ownBytes } from '../../base/bytes.ts';
import { aborted, KilnError } from '../../base/errors.ts';
import type { ScryptCalls, ScryptCost } from './scrypt.worker.ts';

/** Derives a key from a passphrase, on whatever thread. */
export type DeriveKey = (
  passphrase: Bytes,
  salt: Bytes,
  cost: ScryptCost,
  options?: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void },
) => Promise<Bytes>;

/**
 * Scrypt in a worker that lives for one derivation, so that the page stays usable and can stop it.
 * Throws `wallet/scrypt-failed` when there is not enough memory, `base/aborted`.
 */
export const deriveInWorker: DeriveKey = async (passphrase, salt, cost, { signal, onProgress } = {}) => {
  if (signal?.aborted) throw aborted(signal.reason);
  const worker = new Worker(new URL('./scrypt.worker.ts', import.meta.url), {
    type: 'module',
    name: 'kiln-scrypt',
  });
  const ended = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(aborted(signal.reason)), { once: true });
    worker.addEventListener('error', (event) => reject(failed(event.message)), { once: true });
  });
  try {
    const derive = wrap<ScryptCalls>(worker) as unknown as (...args: unknown[]) => Promise<Uint8Array>;
    const progress = proxy((done: number) => onProgress?.(done));
    return ownBytes(await Promise.race([derive(passphrase, salt, cost, progress), ended]));
  } catch (thrown) {
    throw thrown instanceof KilnError ? thrown : failed(thrown);
  } finally {
    worker.terminate();
  }
};

function failed(cause: unknown): KilnError {
  return new KilnError('wallet/scrypt-failed', 'The key could not be derived from the passphrase.', {
    cause,
    hint: 'Close other tabs, so that more memory is free, and try again.',
  });
}
