import { equalBytes } from '../../base/bytes.ts';
import { aborted, KilnError } from '../../base/errors.ts';
import { within } from '../../base/time.ts';
import { groupOfDemand, proveMember } from '../../market/match/group-proof.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { Capabilities } from '../../protocol/capabilities.ts';
import { defaultCreditLimit, taskPrice } from '../../payment/costs/price.ts';
import { parseManifest } from '../../job/manifest.ts';
import { encode } from '../../protocol/codec.ts';
import { MAX_MANIFEST_BYTES } from '../../protocol/constants.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import type { Proposal } from '../../protocol/negotiate.ts';
import { ReceiptShelf } from '../../storage/receipt-shelf.ts';
import { FETCH_MANIFEST_MS, OPEN_JOB_MS, PROPOSAL_LIFETIME_MS, TASKS_PER_SLOT } from '../constants.ts';
import { declineRenewal } from './decline-renewal.ts';
import { negotiate } from './negotiate.ts';
import type { ProviderInit } from '../provider.ts';
import type { RequestorBook } from './requestor-book.ts';
import type { PeerAddress, ReadInput, SandboxJob } from '../slices.ts';
import { checkCover } from '../pay/check-cover.ts';
import { VoucherDesk } from '../pay/voucher-desk.ts';
import type { ProviderRules } from '../view.ts';
import { RenewalDesk } from '../work/renewal-desk.ts';
import { WorkBooks } from '../work/work-books.ts';
import { WorkSession } from '../work/work-session.ts';

/** One demand that this provider wants. */
export interface Wanted {
  readonly demand: Demand;
  readonly rules: ProviderRules;
  /** The rules in force when they are asked for. */
  readonly rulesNow: () => ProviderRules;
  readonly pricePerUnit: bigint;
  /** How the requestor paid before. */
  readonly requestors: RequestorBook;
  readonly microUnitsPerSecond: number;
  readonly capabilities: Capabilities;
  readonly sinceMs: number;
  /** Slots lent of this kind now; changes with rules and with the use of the machine. */
  readonly lentSlots: () => number;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
}

/** From a wanted demand to a session ready to run: fetches and checks the manifest, agrees, prepares the sandbox. */
export async function takeJob(init: ProviderInit, wanted: Wanted): Promise<WorkSession> {
  const { network, clock, random, sandbox, chain } = init;
  const { demand, signal } = wanted;
  const requestor: PeerAddress = { peer: demand.requestor, addresses: demand.addresses };
  let holders: readonly PeerAddress[] = [requestor];
  const bytes = await within(clock, FETCH_MANIFEST_MS, signal, (stop) =>
    network.blobs.get(demand.job, { holders, signal: stop, maxBytes: MAX_MANIFEST_BYTES }),
  );
  const manifest = parseManifest(bytes);
  checkAgainstDemand(manifest, demand);
  const cachedBytes = await network.blobs.heldBytes(demand.blobs);
  const proposal = await propose(init, wanted, cachedBytes);
  const record = await negotiate({
    network,
    clock,
    demand,
    proposal,
    signal,
    checkCover: (agreement) => checkCover({ chain, agreement, clock }),
    store: (agreed) => init.agreements.put(agreed.digest, agreed),
  });
  const readInput: ReadInput = (input, range) =>
    network.blobs.get(input.cid, {
      holders,
      signal,
      maxBytes: input.bytes,
      ...(range === undefined ? {} : { range }),
    });
  const sandboxJob = await openInTime(init, signal, () => sandbox.openJob(demand.job, manifest, readInput));
  const vouchers = await VoucherDesk.open({
    home: init.home,
    agreement: record.agreement,
    chain,
    vouchers: init.vouchers,
    clock,
    onStored: () => init.onVoucher?.(false),
    onUncovered: (missing, isWaiting) => {
      session.askForCover(missing);
      if (isWaiting) init.onVoucher?.(true);
    },
    onStop: (reason) => {
      session.end(reason);
      init.onVoucher?.(true);
    },
  }).catch(async (error: unknown) => {
    await sandboxJob.close().catch(() => {});
    throw error;
  });
  const renewals = new RenewalDesk({
    record,
    identity: network.identity,
    clock,
    store: (renewed) => init.agreements.put(renewed.digest, renewed),
    checkCover: (agreement) => checkCover({ chain, agreement, clock }),
    decline: (renewed) => declineRenewal(renewed, demand, wanted.rulesNow()),
  });
  const jobName = demand.name;
  const session = new WorkSession({
    books: new WorkBooks({ renewals, vouchers, requestor, jobName, works: init.works, clock }),
    renewals,
    jobName,
    shelf: new ReceiptShelf(init),
    requestor,
    network,
    sandboxJob,
    vouchers,
    clock,
    random,
    width: () => TASKS_PER_SLOT * Math.min(record.agreement.slots, wanted.lentSlots()),
    microUnitsPerSecond: wanted.microUnitsPerSecond,
    onHolders: (peers) => {
      holders = [requestor, ...peers.map((peer) => ({ peer, addresses: [] }))];
    },
    onChange: wanted.onChange,
  });
  return session;
}

/** Terms are agreed by the demand, work is done by the manifest: they must say the same. */
function checkAgainstDemand({ program, policy, comparator }: Manifest, demand: Demand): void {
  const same = (a: unknown, b: unknown) => equalBytes(encode(a), encode(b));
  const wrong = [
    ['kind', program.kind === demand.kind],
    ['check policy', same(policy, demand.policy)],
    ['comparator', same(comparator, demand.comparator)],
  ].find(([, isRight]) => !isRight);
  if (wrong === undefined) return;
  throw new KilnError(
    'provider/demand-differs',
    `The job has another ${String(wrong[0])} than was announced.`,
    {
      data: { job: demand.job },
      hint: 'The requestor has to announce the job as its manifest describes it.',
    },
  );
}

/** Opens a job of the sandbox; one that opens too late, or for nobody, is closed again. */
async function openInTime(
  { clock }: ProviderInit,
  signal: AbortSignal,
  open: () => Promise<SandboxJob>,
): Promise<SandboxJob> {
  const opening = open();
  try {
    const job = await within(clock, OPEN_JOB_MS, signal, () => opening);
    if (!signal.aborted) return job;
    throw aborted(signal.reason);
  } catch (error) {
    opening.then((job) => job.close()).catch(() => {});
    throw error;
  }
}

async function propose(
  { network, clock, records }: ProviderInit,
  wanted: Wanted,
  cachedBytes: number,
): Promise<Proposal> {
  const { demand, rules, pricePerUnit, microUnitsPerSecond } = wanted;
  const { microUnitsPerTask } = demand;
  const slots = Math.max(1, wanted.lentSlots());
  const leases = rules.creditLeases;
  const usual = defaultCreditLimit({ pricePerUnit, microUnitsPerSecond, microUnitsPerTask, slots, leases });
  const pricePerTask = taskPrice(pricePerUnit, microUnitsPerTask);
  const creditLimit = await wanted.requestors.creditLimit(demand, usual, pricePerTask);
  const record = records?.own();
  const nowMs = clock.now();
  const expiresAt = nowMs + PROPOSAL_LIFETIME_MS;
  const provider = network.identity.peer;
  const group = groupOfDemand(demand, rules.groups ?? []);
  return {
    job: demand.job,
    requestor: demand.requestor,
    provider,
    addresses: [...network.addresses()],
    payee: rules.payee,
    kind: demand.kind,
    pricePerUnit,
    slots,
    microUnitsPerSecond,
    creditLimit,
    cachedBytes,
    capabilities: wanted.capabilities,
    since: wanted.sinceMs,
    ...(group === undefined
      ? {}
      : { group: proveMember(group, { role: 'provider', peer: provider, job: demand.job, expiresAt }) }),
    ...(record === undefined ? {} : { record }),
    issuedAt: nowMs,
    expiresAt,
  };
}
