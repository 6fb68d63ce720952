import { beforeAll, describe, expect, test } from 'vitest';
import { verifyRecord } from '../../src/kiln/record/verify-record.ts';
import { encode } from '../../src/protocol/codec.ts';
import { type Envelope, seal, sealBytes } from '../../src/protocol/envelope.ts';
import { type Identity, identityFromSeed } from '../../src/protocol/identity.ts';
import { openRunRecord, type RunRecord, sealRunRecord } from '../../src/protocol/run-record.ts';
import { cutBlob } from '../../src/base/cid.ts';
import { seededRandom } from '../../src/base/random.ts';
import { MarketDay } from './market-day.ts';
import { lieAbout, trueOutput } from './twins/fake-sandbox.ts';

const STRANGER = identityFromSeed(new Uint8Array(32).fill(99));

let file: Uint8Array;
let identity: Identity;
let job: string;

beforeAll(async () => {
  await using day = new MarketDay();
  await day.provider({ tamper: lieAbout(() => true) });
  await day.provider();
  await day.provider();
  const { requestor, peer } = await day.requestor();
  job = await day.submit(requestor, 6);
  await day.untilEnded(requestor, job);
  file = await requestor.runRecord(job);
  identity = peer.identity;
});

/** The rules that a record breaks once its own requestor has changed it so and signed it again. */
async function rulesAfter(change: (record: RunRecord) => void): Promise<string[]> {
  const { message } = await openRunRecord(file);
  change(message);
  const { findings } = await verifyRecord(sealRunRecord(identity, message));
  return [...new Set(findings.map(({ rule }) => rule))];
}

const flip = (bytes: Uint8Array, at = 0) => void (bytes[at]! ^= 1);
const firstCommit = (record: RunRecord): Envelope => Object.values(record.commits)[0]!;
const acceptedRun = (record: RunRecord, task = 0) =>
  record.traces[task]!.runs.find(({ verdicts }) => verdicts.at(-1)?.outcome === 'accepted')!;
const rejectedRun = (record: RunRecord) =>
  record.traces
    .flatMap(({ runs }) => runs)
    .find(({ verdicts, digest }) => verdicts.at(-1)?.outcome === 'rejected' && digest !== undefined)!;

/** A receipt as it stands in the record, signed by somebody else. */
function receiptOf(record: RunRecord, signer: Identity): Envelope {
  return sealBytes(signer, 'kiln/receipt/1', record.receipts[0]!.payload);
}

test('as it was written, it holds', async () => {
  expect(await rulesAfter(() => {})).toEqual([]);
});

describe('a requestor that changes its record and signs it again is found out', () => {
  test.each<[string, (record: RunRecord) => void, string]>([
    ['another requestor', (record) => void (record.requestor = STRANGER.peer), 'record-signer'],
    ['another job', (record) => void (record.job = record.job.replace(/.{3}$/, 'aaa')), 'manifest'],
    [
      'a flipped byte of an agreement',
      (record) => flip(record.agreements[0]!.provider.payload, 60),
      'agreement-signature',
    ],
    [
      'a flipped signature',
      (record) => flip(record.agreements[0]!.requestor.signature),
      'agreement-signature',
    ],
    [
      'sides of two agreements',
      (record) => void (record.agreements[0]!.provider = record.agreements[1]!.provider),
      'agreement-differs',
    ],
    ['an agreement twice', (record) => void record.agreements.push(record.agreements[0]!), 'agreement-twice'],
    ['a missing agreement', (record) => void record.agreements.shift(), 'run-agreement'],
    ['a lower ceiling than was paid', (record) => void (record.terms.priceCeiling = 1n), 'agreement-terms'],
    ['another amount of work', (record) => void record.terms.microUnitsPerTask++, 'agreement-terms'],
    ['a flipped byte of a commitment', (record) => flip(firstCommit(record).payload, 30), 'commit-signature'],
    [
      'a commitment signed by the requestor',
      (record) =>
        Object.assign(firstCommit(record), {
          ...seal(identity, 'kiln/commit/1', {}),
          payload: firstCommit(record).payload,
          publicKey: identity.publicKey,
        }),
      'commit-signature',
    ],
    [
      'a missing commitment',
      (record) => void delete record.commits[acceptedRun(record).commit!],
      'commit-task',
    ],
    ['no word of a commitment', (record) => void delete acceptedRun(record).commit, 'commit-missing'],
    ['another nonce', (record) => flip(acceptedRun(record).nonce!), 'commitment-broken'],
    ['another digest of a lie', (record) => flip(rejectedRun(record).digest!), 'commitment-broken'],
    ['nothing shown', (record) => void delete acceptedRun(record).digest, 'reveal-missing'],
    ['somebody else’s work', (record) => void (acceptedRun(record).peer = STRANGER.peer), 'run-provider'],
    ['another payee', (record) => void (acceptedRun(record).payee = `0x${'77'.repeat(20)}`), 'run-provider'],
    [
      'a lease twice',
      (record) => void record.traces[0]!.runs.push({ ...acceptedRun(record) }),
      'lease-twice',
    ],
    ['another output', (record) => void record.traces[0]!.result!.outputs[0]!.bytes++, 'result-digest'],
    [
      'the lie as the result that stands',
      (record) => {
        const lie = rejectedRun(record);
        const trace = record.traces.find(({ runs }) => runs.includes(lie))!;
        const settled = trace.steps.find((step) => step.kind === 'settled')!;
        Object.assign(settled, { canonical: lie.lease, digest: lie.digest });
      },
      'accepted-differs',
    ],
    [
      'a canonical result of nobody',
      (record) =>
        Object.assign(
          record.traces[0]!.steps.find(({ kind }) => kind === 'settled')!,
          { canonical: 'zzz' },
        ),
      'canonical',
    ],
    [
      'a truth called a lie',
      (record) => void (acceptedRun(record).verdicts.at(-1)!.outcome = 'rejected'),
      'rejected-agrees',
    ],
    [
      'fewer supporters than the policy wants',
      (record) => void (acceptedRun(record).verdicts.at(-1)!.outcome = 'not-needed'),
      'policy',
    ],
    [
      'one provider accepted twice',
      (record) => {
        const [a, b] = record.traces[0]!.runs.filter(
          ({ verdicts }) => verdicts.at(-1)?.outcome === 'accepted',
        );
        b!.peer = a!.peer;
      },
      'accepted-twice',
    ],
    [
      'everybody caught',
      (record) => {
        for (const { peer } of record.traces[0]!.runs) record.caught.push({ peer, at: 0, reason: 'x' });
      },
      'supporters-caught',
    ],
    [
      'a ban without a reason',
      (record) => void record.caught.push({ peer: acceptedRun(record).peer, at: 0, reason: 'x', task: 0 }),
      'caught-without-reason',
    ],
    ['a task left out', (record) => void record.traces.pop(), 'not-verified'],
    [
      'a result released that never stood',
      (record) => {
        const { task } = record.traces[0]!;
        const steps = [{ kind: 'released' as const, at: 0, reason: '' }];
        record.traces[0] = { task, runs: [], checks: [], steps, omitted: 0 };
      },
      'not-verified',
    ],
    [
      'a result released after it was taken back',
      (record) => {
        const again = { kind: 'reopened' as const, at: 0, reason: '' };
        record.traces[0]!.steps.splice(-1, 0, again);
      },
      'not-verified',
    ],
    [
      'the word of a verifier that the job does not have',
      (record) => {
        const run = acceptedRun(record);
        for (const { verdicts } of record.traces[0]!.runs) verdicts.at(-1)!.outcome = 'not-needed';
        run.verdicts.at(-1)!.outcome = 'accepted';
        const lease = record.traces[0]!.steps.find((step) => step.kind === 'settled')!.canonical;
        record.traces[0]!.checks.push({ at: 0, kind: 'judged', lease, outcome: 'right' });
      },
      'policy',
    ],
    ['a task twice', (record) => void record.traces.push(record.traces[0]!), 'task-order'],
    ['a raised voucher', (record) => void record.vouchers[0]!.amount++, 'voucher-signature'],
    ['a flipped voucher', (record) => flip(record.vouchers[0]!.signature, 3), 'voucher-signature'],
    [
      'a voucher of another payer',
      (record) => void (record.vouchers[0]!.payer = `0x${'88'.repeat(20)}`),
      'voucher-payer',
    ],
    ['a voucher twice', (record) => void record.vouchers.push(record.vouchers[0]!), 'voucher-twice'],
    ['a missing voucher', (record) => void record.vouchers.pop(), 'underpaid'],
    ['more issued', (record) => void record.issued++, 'voucher-sum'],
    ['less issued', (record) => void record.issued--, 'voucher-issued'],
    ['a smaller budget', (record) => void (record.terms.budget = 1n), 'over-budget'],
    [
      'a result paid and not accepted',
      (record) => {
        for (const { runs } of record.traces)
          for (const run of runs) if (run.payee === record.vouchers[0]!.payee) run.verdicts = [];
      },
      'paid-for-nothing',
    ],
    [
      'a result paid twice',
      (record) => {
        const run = acceptedRun(record, 1);
        run.verdicts = [];
      },
      'overpaid',
    ],
    [
      'a receipt of a stranger',
      (record) => void record.receipts.push(receiptOf(record, STRANGER)),
      'receipt',
    ],
    [
      'an acceptance that its provider knows of left out',
      (record) => void (acceptedRun(record, 2).verdicts = []),
      'receipt-counts',
    ],
    [
      'a receipt of nobody',
      (record) => void record.receipts.push(seal(STRANGER, 'kiln/receipt/1', {})),
      'receipt-signature',
    ],
  ])('%s', async (_, change, rule) => {
    expect(await rulesAfter(change)).toContain(rule);
  });
});

test('output files beside it have to be the verified ones', async () => {
  const outputs = await Promise.all(
    [0, 1, 2].map(async (task) => ({ task, path: 'stdout', bytes: await trueOutput(job, task) })),
  );
  expect((await verifyRecord(file, outputs)).findings).toEqual([]);
  flip(outputs[1]!.bytes, 5);
  outputs[2]!.path = 'other';
  const { findings } = await verifyRecord(file, outputs);
  expect(findings).toMatchObject([
    { rule: 'output-differs', task: 1 },
    { rule: 'output-unknown', task: 2 },
  ]);
});

test('nor do they pass where no result stands', async () => {
  const { message } = await openRunRecord(file);
  Object.assign(message, { status: 'failed' });
  message.traces[0]!.steps = [];
  const bytes = new Uint8Array([1, 2, 3]);
  message.traces[0]!.result!.outputs = [{ path: 'stdout', cid: (await cutBlob(bytes)).cid, bytes: 3 }];
  const outputs = [{ task: 0, path: 'stdout', bytes }];
  const { findings } = await verifyRecord(sealRunRecord(identity, message), outputs);
  expect(findings).toContainEqual(expect.objectContaining({ rule: 'output-unverified', task: 0 }));
});

test('whoever else changes a byte of the file is found out by the signature', async () => {
  const random = seededRandom(7);
  for (let i = 0; i < 300; i++) {
    const changed = file.slice();
    const at = Math.floor(random() * changed.length);
    changed[at]! ^= 1 << Math.floor(random() * 8);
    await expect(verifyRecord(changed), `byte ${at}`).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(protocol|envelope)\//) as string }),
    );
  }
});

test('a record that is wrong in any place is judged or refused by name, never stumbled over', async () => {
  const random = seededRandom(9);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  let judged = 0;
  for (let i = 0; i < 120; i++) {
    const { message } = await openRunRecord(file);
    const places = placesIn(message);
    const { owner, key } = pick(places);
    owner[key] = pick(places.filter((one) => typeof one.value === typeof owner[key])).value;
    const error = await verifyRecord(sealRunRecord(identity, message)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) judged++;
    else expect(error).toMatchObject({ code: expect.stringMatching(/^[a-z]+\/[a-z-]+$/) as string });
  }
  expect(judged).toBeGreaterThan(20);
});

type Owner = Record<string, unknown>;

/** Every place in a value that holds a number, a text, an amount or bytes. */
function placesIn(value: unknown): { owner: Owner; key: string; value: unknown }[] {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    typeof inner === 'object' && !(inner instanceof Uint8Array)
      ? placesIn(inner)
      : [{ owner: value as Owner, key, value: inner }],
  );
}

test('bytes of strangers are refused by name, whatever they are', async () => {
  const random = seededRandom(8);
  const junk = (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256));
  const others = [
    new Uint8Array(),
    file.subarray(0, file.length - 1),
    new Uint8Array([...file, 0]),
    encode({}),
    encode(seal(identity, 'kiln/run/1', { version: 1 })),
    encode(seal(identity, 'kiln/record/1', (await openRunRecord(file)).message)),
    ...Array.from({ length: 100 }, (_, i) => junk(i * 7)),
  ];
  for (const bytes of others) {
    await expect(verifyRecord(bytes)).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(protocol|envelope)\//) as string }),
    );
  }
});
