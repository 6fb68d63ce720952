import type { Collection } from '../../base/collection.ts';
import type { VoucherRecord } from '../records.ts';

/** Who ever paid here, by the vouchers that are kept: a payer's good name in this provider's eyes. */
export class KnownPayers {
  readonly #vouchers: Collection<VoucherRecord>;
  readonly #known = new Set<string>();

  constructor(vouchers: Collection<VoucherRecord>) {
    this.#vouchers = vouchers;
  }

  /** Reads the vouchers that earlier runs left. */
  async load(): Promise<void> {
    for (const [, { terms }] of await this.#vouchers.entries()) this.add(terms.payer);
  }

  add(payer: string): void {
    this.#known.add(payer.toLowerCase());
  }

  has(payer: string): boolean {
    return this.#known.has(payer.toLowerCase());
  }
}
