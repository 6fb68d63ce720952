import { toKilnError } from '../../base/errors.ts';
import { isSameAddress } from '../../protocol/primitives.ts';
import type { RunFinding, RunRecord } from '../../protocol/run-record.ts';
import { recoverVoucherSigner } from '../voucher/voucher.ts';

/** What verdicts say that a payee is owed, in the token's smallest unit. */
export interface OwedToPayee {
  /** In lower case. */
  readonly payee: string;
  readonly owed: bigint;
}

type PaidRun = Pick<RunRecord, 'payment' | 'vouchers' | 'issued' | 'terms' | 'status'>;

/**
 * Checks the vouchers of a run: each is signed by its session key, one for each payee, for exactly what the verdicts add
 * up to, all together within what the key has promised and the budget. A running job may be a little behind.
 */
export async function checkRunPay(run: PaidRun, owed: readonly OwedToPayee[]): Promise<RunFinding[]> {
  const { payment, vouchers, issued, terms } = run;
  const findings: RunFinding[] = [];
  const wrong = (rule: string, message: string) => void findings.push({ rule, message });
  const paid = new Map<string, bigint>();
  for (const voucher of vouchers) {
    const payee = voucher.payee.toLowerCase();
    if (!isSameAddress(voucher.payer, payment.payer))
      wrong('voucher-payer', `The voucher of ${payee} is on another payer's account.`);
    if (voucher.issued > issued)
      wrong('voucher-issued', `The voucher of ${payee} says that more was promised than this record does.`);
    const signer = await recoverVoucherSigner(payment, voucher).catch((error: unknown) => toKilnError(error));
    if (signer instanceof Error) wrong('voucher-signature', `The voucher of ${payee}: ${signer.message}`);
    else if (!isSameAddress(signer, payment.sessionKey))
      wrong('voucher-signature', `The voucher of ${payee} is not signed by the session key of this job.`);
    if (paid.has(payee)) wrong('voucher-twice', `There are two vouchers of ${payee}; one holds for all.`);
    paid.set(payee, voucher.amount);
  }
  const total = [...paid.values()].reduce((sum, amount) => sum + amount, 0n);
  if (total !== issued)
    wrong('voucher-sum', `The vouchers add up to ${total}, but the session key has promised ${issued}.`);
  if (issued > terms.budget) wrong('over-budget', `${issued} was promised, the budget is ${terms.budget}.`);
  for (const { payee, owed: amount } of owed) checkPayee(run, payee, amount, paid.get(payee) ?? 0n, wrong);
  for (const payee of paid.keys()) {
    if (!owed.some((one) => one.payee === payee))
      wrong('paid-for-nothing', `${payee} was promised money for no accepted task.`);
  }
  return findings;
}

function checkPayee(
  { status, issued, terms }: PaidRun,
  payee: string,
  owed: bigint,
  paid: bigint,
  wrong: (rule: string, message: string) => void,
): void {
  if (paid > owed)
    wrong('overpaid', `${payee} was promised ${paid}, but its accepted tasks come to ${owed}.`);
  if (paid >= owed || status === 'running') return;
  const isBroke = issued + (owed - paid) > terms.budget;
  const why = isBroke ? ' The budget was used up.' : '';
  wrong('underpaid', `${payee} was promised ${paid}, but its accepted tasks come to ${owed}.${why}`);
}
