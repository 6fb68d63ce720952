import { KilnError } from '../base/errors.ts';

/**
 * Takes a role that only one tab of a browser profile may play, such as `provider`, until the signal fires or the tab
 * closes. Throws `storage/role-taken` when another tab plays it.
 *
 * @example
 * const stopping = new AbortController();
 * await holdRole('provider', stopping.signal);
 */
export async function holdRole(name: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const answer = Promise.withResolvers<boolean>();
  const held = navigator.locks.request(`kiln/role/${name}`, { ifAvailable: true }, async (lock) => {
    answer.resolve(lock !== null);
    if (lock !== null)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  });
  held.catch(answer.reject);
  if (await answer.promise) return;
  throw new KilnError('storage/role-taken', `Another tab of this browser is the ${name} already.`, {
    data: { role: name },
    hint: 'Use that tab, or stop it there first.',
  });
}
