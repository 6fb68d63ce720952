import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import type { Observable } from '../base/observable.ts';
import { systemClock } from '../base/time.ts';
import { taskCount } from '../job/split.ts';
import { estimate } from '../market/price/suggest-price.ts';
import { assembleDeliverable } from '../media/assemble-deliverable.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import type { Requestor } from '../requestor/requestor.ts';
import { expectedResults } from '../verification/policy/vote.ts';
import { Turns } from '../wallet/account/account.ts';
import { explainTerms, suggestCeiling } from './explain-job.ts';
import type { BoardView, Kiln } from './kiln.ts';
import type { KnownProviders } from './known-providers.ts';
import { sessionOnChain } from './wallet/session-on-chain.ts';
import type { WalletDesk } from './wallet/wallet-desk.ts';

/**
 * The requestor of this tab as the pages use it: role, wallet and media put together. `readInput` reads an input of a job,
 * which this device keeps for as long as it knows the job; `promised` says what each session key will ever promise;
 * `home` is where its jobs pay.
 */
export function requestorApi(
  requestor: Requestor,
  wallet: WalletDesk,
  board: Observable<BoardView>,
  readInput: (cid: Cid) => Promise<Bytes>,
  promised: () => Promise<ReadonlyMap<string, bigint>>,
  known: KnownProviders,
  home: Pick<PaymentTerms, 'chainId' | 'pool'>,
): Kiln['requestor'] {
  const submissions = new Turns();
  return {
    jobs: requestor.view,
    tryOut: (draft, task, { signal, onProgress }) => requestor.tryOut(draft, task, signal, onProgress),
    estimate: ({ manifest }, microUnitsPerTask) =>
      estimate(
        board.value.offers,
        manifest.program.kind,
        microUnitsPerTask,
        taskCount(manifest.split),
        expectedResults(manifest.policy, manifest.comparator.class),
        known.reliability(manifest.program.kind),
      ),
    explainMatch: ({ manifest }, terms) => explainTerms(manifest, terms, board.value.offers, home),
    explainJob(job, emptyMs) {
      const terms = requestor.termsOf(job);
      const view = requestor.view.value.find((one) => one.job === job);
      const providers = view?.providers ?? [];
      const working = providers.filter(({ state }) => state === 'working');
      return {
        report: explainTerms(requestor.manifestOf(job), terms, board.value.offers, home, providers),
        priceCeiling: terms.priceCeiling,
        seats: terms.seats - working.length,
        ...(view === undefined ? {} : suggestCeiling(view, terms, emptyMs)),
      };
    },
    async submit(draft, terms, onStep = () => {}) {
      onStep('Checking the job');
      const fund = async () => {
        onStep('Funding the budget');
        const session = await wallet.openSession(terms.budget, await promised(), onStep);
        onStep('Storing the job and announcing it');
        return sessionOnChain(session, wallet, systemClock);
      };
      // One after another, from counting what is left over to the job's record, which says what it may spend.
      return submissions.take(() => requestor.submit(draft, terms, fund));
    },
    raiseCeiling: (job, priceCeiling) => requestor.raiseCeiling(job, priceCeiling),
    cancel: (job) => requestor.cancel(job),
    remove: (job) => requestor.remove(job),
    outputs: (job, task) => requestor.outputs(job, task),
    trace: (job, task) => requestor.trace(job, task),
    runRecord: (job) => requestor.runRecord(job),
    onVerified: (job, listener) => requestor.onVerified(job, listener),
    assemble: (job, { signal, onProgress }) =>
      assembleDeliverable(requestor.manifestOf(job), {
        outputs: (task) => requestor.outputs(job, task),
        input: readInput,
        signal,
        ...(onProgress === undefined ? {} : { onProgress }),
      }),
  };
}
