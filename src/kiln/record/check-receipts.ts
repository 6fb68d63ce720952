import { toKilnError } from '../../base/errors.ts';
import { MAX_NEGOTIATE_FRAME_BYTES } from '../../protocol/constants.ts';
import { open } from '../../protocol/envelope.ts';
import { receiptSchema } from '../../protocol/receipt.ts';
import type { RunFinding } from '../../protocol/run-record.ts';
import type { OpenedRun } from '../../verification/run/open-run.ts';
import { hasVerdict } from '../../verification/run/read-trace.ts';

/**
 * Checks what providers said of their agreements themselves: each receipt is by the provider of an agreement of this run,
 * and knows of as many accepted results as the traces do.
 */
export async function checkReceipts(run: OpenedRun): Promise<RunFinding[]> {
  const { record, agreements } = run;
  const accepted = acceptedByAgreement(run);
  const findings: RunFinding[] = [];
  for (const envelope of record.receipts) {
    try {
      const opened = await open(envelope, 'kiln/receipt/1', receiptSchema, MAX_NEGOTIATE_FRAME_BYTES);
      const { message: receipt, signer: peer } = opened;
      const agreement = agreements.get(receipt.agreement);
      if (agreement?.provider !== peer || receipt.job !== record.job) {
        const message = 'A receipt is not by the provider of an agreement of this run.';
        findings.push({ rule: 'receipt', message, peer });
        continue;
      }
      const known = accepted.get(run.roots.get(receipt.agreement)!) ?? 0;
      if (known === receipt.accepted) continue;
      const message = `A provider signed that ${receipt.accepted} of its results were accepted; here ${known} are.`;
      findings.push({ rule: 'receipt-counts', message, peer });
    } catch (error) {
      findings.push({ rule: 'receipt-signature', message: `A receipt: ${toKilnError(error).message}` });
    }
  }
  return findings;
}

/** Results that were ever accepted, by the agreement that theirs goes on from. */
function acceptedByAgreement({ record, roots }: OpenedRun): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const run of record.traces.flatMap(({ runs }) => runs)) {
    if (!hasVerdict(run, 'accepted')) continue;
    const root = roots.get(run.agreement) ?? run.agreement;
    counts.set(root, (counts.get(root) ?? 0) + 1);
  }
  return counts;
}
