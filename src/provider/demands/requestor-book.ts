import type { Collection } from '../../base/collection.ts';
import type { Clock } from '../../base/time.ts';
import { KilnError } from '../../base/errors.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import { taskPrice } from '../../payment/costs/price.ts';
import type { AgreementView } from '../view.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Address } from '../../protocol/primitives.ts';
import { credit } from '../../reputation/bound.ts';
import {
  decayed,
  newRecord,
  note,
  type ReputationRecord,
  REQUESTOR_RECORDS,
} from '../../reputation/record.ts';
import type { RecordsSlice } from '../../reputation/records-slice.ts';
import { NO_SECOND_HAND } from '../../reputation/second-hand.ts';

/** So few unpaid tasks may be a closed laptop: the next ones are trusted one at a time. */
const FORGIVEN_TASKS = 20;
/** Credit is a factor in thousandths: amounts are integers. */
const PER_MILLE = 1_000;

/** How requestors paid this provider: first-hand records, and what strangers among them show. */
export class RequestorBook {
  readonly #stored: Collection<ReputationRecord>;
  readonly #records: RecordsSlice | undefined;
  readonly #clock: Clock;

  constructor(stored: Collection<ReputationRecord>, records: RecordsSlice | undefined, clock: Clock) {
    this.#stored = stored;
    this.#records = records;
    this.#clock = clock;
  }

  /** Notes what an ended agreement came to: accepted tasks that were paid, and those that were not. Never rejects. */
  async noteEnd(
    { requestor, pricePerUnit, microUnitsPerTask }: Agreement,
    { tasksAccepted, earned }: Pick<AgreementView, 'tasksAccepted' | 'earned'>,
  ): Promise<void> {
    const price = taskPrice(pricePerUnit, microUnitsPerTask);
    if (price === 0n || tasksAccepted === 0) return;
    const paid = Math.min(tasksAccepted, Number(earned / price));
    const unpaid = tasksAccepted - paid;
    const nowMs = this.#clock.now();
    try {
      let record = (await this.#stored.get(keyOf(requestor))) ?? newRecord(nowMs);
      if (paid > 0) record = note(record, 'paid', nowMs, paid);
      if (unpaid > 0) record = note(record, 'unpaid', nowMs, unpaid);
      await this.#stored.put(keyOf(requestor), record);
    } catch {
      // What could not be stored is not remembered; the work goes on.
    }
  }

  /**
   * The credit limit for this demand's requestor: the usual one, more as it pays, less as it does not, down to the price
   * of one task. Throws `provider/does-not-pay` when it left as much unpaid as it paid, and not just a little.
   */
  async creditLimit(demand: Demand, usual: bigint, pricePerTask: bigint): Promise<bigint> {
    const record = (await this.#stored.get(keyOf(demand.requestor))) ?? newRecord(this.#clock.now());
    const { requestor: peer, addresses, payment, record: shown } = demand;
    const account = payment.payer as Address;
    const told = { peer, addresses, role: 'requestor', account, record: shown } as const;
    const others = (await this.#records?.weigh(told)) ?? NO_SECOND_HAND;
    const known = decayed(record, this.#clock.now());
    const factor = Math.round(credit(known, others) * PER_MILLE);
    if (factor === 0 && known.unpaid >= FORGIVEN_TASKS) {
      throw new KilnError('provider/does-not-pay', 'This requestor left as much unpaid here as it paid.', {
        data: { requestor: demand.requestor },
        hint: 'It fades from this device’s memory within weeks.',
      });
    }
    const limit = (usual * BigInt(factor)) / BigInt(PER_MILLE);
    return limit > pricePerTask ? limit : pricePerTask;
  }
}

function keyOf(requestor: PeerId): string {
  return `${REQUESTOR_RECORDS}/${requestor}`;
}
