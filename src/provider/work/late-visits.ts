import { type Clock, sleep } from '../../base/time.ts';
import { LATE_VISITS_AFTER_MS } from '../constants.ts';

/**
 * Comes back to an agreement that has ended while results of it were not judged or not paid yet: audits and others'
 * replicas take their time, and only a visit brings the voucher for what was accepted meanwhile. Some visits, ever later;
 * none once nothing is open. Never rejects.
 */
export async function visitLater(
  clock: Clock,
  isOpen: () => boolean,
  visit: () => Promise<void>,
): Promise<void> {
  for (const afterMs of LATE_VISITS_AFTER_MS) {
    if (!isOpen()) return;
    await sleep(clock, afterMs);
    if (isOpen()) await visit().catch(() => {}); // out of reach now: the next visit may find it
  }
}
