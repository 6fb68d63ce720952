import type { KilnError } from '../../src/base/errors.ts';

/** What this process counted; amounts in the token's smallest unit, gas in wei. */
export class RedeemMetrics {
  accepted = 0;
  transactions = 0;
  reverted = 0;
  forgotten = 0;
  redeemed = 0n;
  fees = 0n;
  gasWei = 0n;
  readonly #refused = new Map<string, number>();
  #lastError: { readonly code: string; readonly atMs: number } | undefined;

  /** Counts a voucher or a hand-over that was refused. */
  refuse(code: string): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  /** Keeps the code and nothing else: a message may quote a stranger or an address with a key in it. */
  fail(error: KilnError, atMs: number): void {
    this.#lastError = { code: error.code, atMs };
  }

  /** For `/healthz`. */
  summary(queue: { readonly payees: number; readonly vouchers: number }): object {
    return {
      queued: queue,
      accepted: this.accepted,
      transactions: this.transactions,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  /** Prometheus text (https://prometheus.io/docs/instrumenting/exposition_formats/). */
  text(queue: { readonly payees: number; readonly vouchers: number }): string {
    const lines = [
      ...metric('accepted_total', 'counter', 'Vouchers taken into the queue.', this.accepted),
      ...metric('forgotten_total', 'counter', 'Vouchers dropped because they can never pay.', this.forgotten),
      ...metric('transactions_total', 'counter', 'Transactions that a block took.', this.transactions),
      ...metric('reverted_total', 'counter', 'Transactions that the chain undid.', this.reverted),
      ...metric('redeemed_tokens_total', 'counter', 'Paid to payees, smallest unit.', this.redeemed),
      ...metric('fee_tokens_total', 'counter', 'Fees earned, smallest unit.', this.fees),
      ...metric('gas_wei_total', 'counter', 'Spent on gas.', this.gasWei),
      ...metric('queued_vouchers', 'gauge', 'Vouchers waiting.', queue.vouchers),
      ...metric('queued_payees', 'gauge', 'Payees waiting.', queue.payees),
      ...head('refused_total', 'counter', 'Vouchers and hand-overs refused, by reason.'),
      ...[...this.#refused].map(([code, count]) => `kiln_redeem_refused_total{code="${code}"} ${count}`),
      ...head('last_error_seconds', 'gauge', 'When the last error happened, by its code.'),
    ];
    if (this.#lastError !== undefined) {
      const { code, atMs } = this.#lastError;
      lines.push(`kiln_redeem_last_error_seconds{code="${code}"} ${atMs / 1_000}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

function head(name: string, type: 'counter' | 'gauge', help: string): string[] {
  return [`# HELP kiln_redeem_${name} ${help}`, `# TYPE kiln_redeem_${name} ${type}`];
}

function metric(name: string, type: 'counter' | 'gauge', help: string, value: number | bigint): string[] {
  return [...head(name, type, help), `kiln_redeem_${name} ${value}`];
}
