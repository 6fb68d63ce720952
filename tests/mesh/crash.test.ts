import { expect, test } from 'vitest';
import { manifestBytes } from '../../src/job/manifest.ts';
import type { PayerAlarm } from '../../src/payment/redemption/payer-alarm.ts';
import type { Ledger } from '../../src/payment/voucher/ledger.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import type { SignedVoucher } from '../../src/protocol/work.ts';
import { newRecord, note, type ReputationRecord } from '../../src/reputation/record.ts';
import type { ResultRecord } from '../../src/requestor/records.ts';
import type { Requestor } from '../../src/requestor/requestor.ts';
import { Crash } from './crash.ts';
import {
  type DayProvider,
  makeDraft,
  MarketDay,
  MICRO_UNITS_PER_TASK,
  PAYER,
  PRICE_PER_UNIT,
  QUORUM_2,
  TASK_PRICE,
  viewOf,
} from './market-day.ts';

const TASKS = 4;
const BUDGET = 100n * TASK_PRICE;
/** Providers with a past are trusted from the start: their results stand alone and for now, their pay is held back. */
const ADAPTIVE: Policy = { kind: 'adaptive', auditRate: 0, threshold: 0.99 };

/** What became of one job whose requestor was killed before a certain step, and came back. */
interface Outcome {
  readonly steps: readonly string[];
  readonly wasKilled: boolean;
  readonly signed: readonly SignedVoucher[];
  readonly alarms: readonly PayerAlarm[];
}

async function submit(
  day: MarketDay,
  policy: Policy,
  requestor: Requestor,
  crash: Crash,
  signed: SignedVoucher[],
) {
  const draft = await makeDraft(TASKS, policy);
  const terms = {
    budget: BUDGET,
    priceCeiling: PRICE_PER_UNIT,
    microUnitsPerTask: MICRO_UNITS_PER_TASK,
    seats: 8,
  };
  return requestor.submit(draft, terms, async () => {
    await crash.step('fund');
    const session = day.session(BUDGET);
    const wrapped = crash.session(session, signed);
    // What a reload reopens belongs to the process that reloads.
    day.sessions.set(session.terms.sessionKey, new Crash().session(session, signed));
    await crash.step('funded');
    return wrapped;
  });
}

/** Runs a job, kills its requestor before step `killAt`, starts it again, and settles all accounts. */
async function runAndKill(policy: Policy, killAt: number | undefined): Promise<Outcome> {
  await using day = new MarketDay();
  const providers = [await day.provider({ msPerTask: 100 }), await day.provider({ msPerTask: 100 })];
  const signed: SignedVoucher[] = [];
  if (policy.kind === 'adaptive') for (const one of providers) await trust(day, one);
  const crash = new Crash(killAt);
  const first = await day.requestor({ crash });
  const submitting = submit(day, policy, first.requestor, crash, signed);
  submitting.catch(() => {});
  const job = () => first.requestor.view.value[0]?.job;
  const hasEnded = (requestor: Requestor) => {
    const view = requestor.view.value[0];
    return view !== undefined && view.status !== 'running';
  };
  await day.clock.runUntil(() => crash.isDead || hasEnded(first.requestor), 120_000);
  await day.clock.advance(3_000);
  crash.spare();
  const steps = [...crash.steps];
  let last = first.requestor;
  if (crash.isDead) {
    const again = await day.requestor({ crash: new Crash() });
    last = again.requestor;
    // A real browser keeps blobs on disk.
    const { manifest, blobs } = await makeDraft(TASKS, policy);
    for (const blob of [...blobs, manifestBytes(manifest)]) await again.peer.blobs.put(blob);
    if (last.view.value.length === 0) await submit(day, policy, last, new Crash(), signed);
    await day.clock.runUntil(() => hasEnded(last), 600_000);
    await day.clock.advance(10_000);
  }
  const view = viewOf(last, last.view.value[0]!.job)!;
  const what = `killed before step ${killAt}: ${crash.steps.at(-1)}; job ${job()}`;
  expect(view.status, what).toBe('done');
  expect(view.verified, what).toBe(TASKS);

  const alarms: PayerAlarm[] = [];
  day.chain.onAlarm = (alarm) => alarms.push(alarm);
  const deposited = day.chain.free(PAYER);
  let paid = 0n;
  for (const one of providers) {
    const redeemed = await day.redeem(one);
    expect(redeemed, what).toBe(one.provider.view.value.earned);
    paid += redeemed;
  }
  const results = await day.requestorStore.collection<ResultRecord>('results').entries();
  const supporters = results.flatMap(([, record]) => record.supporters);
  expect(
    supporters.every(({ isHeld }) => isHeld !== true),
    what,
  ).toBe(true);
  expect(
    results.every(([, { isProvisional }]) => isProvisional !== true),
    what,
  ).toBe(true);
  // Two results of every task were accepted, fewer where one alone is trusted: each is paid, once.
  if (policy.kind === 'quorum') expect(supporters.length, what).toBe(2 * TASKS);
  expect(paid, what).toBe(BigInt(supporters.length) * TASK_PRICE);
  expect(day.chain.free(PAYER), what).toBe(deposited - paid);
  const ledgers = await day.requestorStore.collection<Ledger>('ledgers').entries();
  expect(
    ledgers.reduce((sum, [, { issued }]) => sum + issued, 0n),
    what,
  ).toBe(paid);
  return { steps, wasKilled: crash.isDead, signed, alarms };
}

/** No total that a voucher states is smaller than what was promised up to it: nothing ever proves over-issuing. */
function expectHonest(signed: readonly SignedVoucher[], what: string): void {
  const promised = new Map<string, bigint>();
  for (const { payee, amount, issued } of [...signed].sort((a, b) => (a.issued < b.issued ? -1 : 1))) {
    if (amount > (promised.get(payee) ?? 0n)) promised.set(payee, amount);
    const sum = [...promised.values()].reduce((total, one) => total + one, 0n);
    expect(sum <= issued, `${what}: ${sum} promised, ${issued} stated`).toBe(true);
  }
}

/** A provider that has delivered many good results to this requestor before. */
async function trust(day: MarketDay, { peer }: DayProvider): Promise<void> {
  const record = note(newRecord(day.clock.now()), 'valid', day.clock.now(), 50);
  await day.requestorStore
    .collection<ReputationRecord>('reputation')
    .put(`wasi/${peer.identity.peer}`, record);
}

for (const policy of [QUORUM_2, ADAPTIVE])
  test(`${policy.kind}: a requestor killed between any two steps comes back; nothing is lost, and nothing promised twice`, async () => {
    const whole = await runAndKill(policy, undefined);
    expect(whole.wasKilled).toBe(false);
    const kinds = [
      'fund',
      'funded',
      'put ledgers',
      'put jobs',
      'put agreements',
      'put results',
      'sign',
      'send',
    ];
    expect([...new Set(whole.steps)]).toEqual(expect.arrayContaining(kinds));
    for (let killAt = 0; killAt < whole.steps.length; killAt++) {
      const { wasKilled, signed, alarms, steps } = await runAndKill(policy, killAt);
      const what = `killed before step ${killAt} (${whole.steps[killAt]}, after ${steps.at(-1)})`;
      expectHonest(signed, what);
      expect(alarms, what).toEqual([]);
      expect(wasKilled, what).toBe(true);
    }
  }, 120_000);
