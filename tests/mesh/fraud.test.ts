import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Cid } from '../../src/base/cid.ts';
import { manifestBytes } from '../../src/job/manifest.ts';
import { decodeEnvelope, type Envelope } from '../../src/protocol/envelope.ts';
import { type Result, resultOf } from '../../src/protocol/task.ts';
import { FraudDesk } from '../../src/requestor/evidence/fraud-desk.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import {
  CHEAT,
  proofBytes,
  proofOf,
  resultSaying,
  statementOf,
} from '../../src/verification/fraud-proof.fixture.ts';
import { FakeSandbox, type FakeSandboxOptions } from './twins/fake-sandbox.ts';
import { ManualClock } from './twins/manual-clock.ts';
import { MemoryNetwork, type MemoryPeer } from './twins/memory-network.ts';
import { tinyJob } from './twins/tiny-job.ts';

const TASK = 3;
/** The accuser of the fixture, and two readers of its proofs. */
const [ACCUSER, READER, OTHER] = [12, 21, 22];

let clock: ManualClock;
let network: MemoryNetwork;
let accuser: MemoryPeer;
let job: Cid;
/** What an honest device says of the task. */
let truth: Result;
const desks: FraudDesk[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  network = new MemoryNetwork(clock, 5);
  accuser = network.join(ACCUSER);
  const { manifest, blobs } = await tinyJob({ tasks: 10 });
  job = await accuser.blobs.put(manifestBytes(manifest));
  for (const blob of blobs) await accuser.blobs.put(blob);
  const sandbox = new FakeSandbox({ clock, msPerTask: 0 });
  const opened = await sandbox.openJob(job, manifest, async () => new Uint8Array(1));
  const running = opened.run(TASK, { signal: new AbortController().signal });
  await clock.advance(1);
  truth = await resultOf(await running);
});

afterEach(async () => {
  for (const one of desks.splice(0)) await one[Symbol.asyncDispose]();
  clock[Symbol.dispose]();
});

async function reader(number: number, options: Partial<FakeSandboxOptions> = {}, store = memoryStore()) {
  const peer = network.join(number);
  const sandbox = new FakeSandbox({ clock, ...options });
  const desk = new FraudDesk({
    network: peer,
    sandbox,
    clock,
    fraud: store.collection('fraud'),
    reputation: store.collection('reputation'),
    agreements: store.collection('agreements'),
  });
  desks.push(desk);
  await desk.start();
  const convicted: string[] = [];
  desk.events.on('convicted', ({ provider }) => convicted.push(provider));
  return { desk, peer, sandbox, store, convicted };
}

const lie = resultSaying;

async function proof(...results: Result[]): Promise<Envelope> {
  const statements = await Promise.all(results.map((result) => statementOf({ result, job })));
  return decodeEnvelope(proofBytes(proofOf(statements, job)), 100_000);
}

const stateOf = (desk: FraudDesk) => desk.view.value.map(({ state }) => state);

describe('an equivocation', () => {
  test('convicts at once, wherever it is heard, and after a reload', async () => {
    const { desk, sandbox, store, convicted } = await reader(READER);
    await accuser.publishFraudProof(await proof(lie(1), lie(2)));
    await clock.advance(1_000);
    expect(convicted).toEqual([CHEAT.peer]);
    expect(sandbox.started).toBe(0);
    expect(desk.refusal(CHEAT.peer)).toMatchObject({
      reason: 'banned',
      detail: expect.stringContaining('two different results for task 4') as string,
    });
    expect(desk.refusal(accuser.identity.peer)).toBeUndefined();
    const record = await store.collection<{ wrong: number }>('reputation').get(`wasi/${CHEAT.peer}`);
    expect(record?.wrong).toBe(1);
    const { desk: again } = await reader(READER, {}, store);
    expect(again.refusal(CHEAT.peer)?.reason).toBe('banned');
  });

  test('is found in two claims that name different results, without a run, and told to everybody', async () => {
    const [one, two] = [await reader(READER), await reader(OTHER)];
    await accuser.publishFraudProof(await proof(lie(1)));
    await clock.advance(1_000);
    expect(stateOf(one.desk)).toEqual(['claimed']);
    expect(one.desk.conviction(CHEAT.peer)).toBeUndefined();
    await accuser.publishFraudProof(await proof(lie(2)));
    await clock.advance(1_000);
    for (const { convicted, sandbox } of [one, two]) {
      expect(convicted).toContain(CHEAT.peer);
      expect(sandbox.started).toBe(0);
    }
  });
});

describe('a claim', () => {
  test('counts for nothing until its accused is met; then it is run here, and convicts if it is true', async () => {
    const { desk, sandbox, convicted } = await reader(READER);
    await accuser.publishFraudProof(await proof(lie(1)));
    await clock.advance(60_000);
    expect([stateOf(desk), sandbox.started]).toEqual([['claimed'], 0]);
    expect(desk.refusal(CHEAT.peer)).toBeUndefined();
    await clock.advance(1_000);
    expect(sandbox.started).toBe(1);
    expect(sandbox.openJobs).toBe(0);
    expect(convicted).toEqual([CHEAT.peer]);
    expect(desk.refusal(CHEAT.peer)?.detail).toContain('a wrong result for task 4');
  });

  test('is checked at once for a peer that was dealt with before', async () => {
    const store = memoryStore();
    await store.collection('reputation').put(`wasi/${CHEAT.peer}`, { valid: 5, wrong: 0 });
    const { convicted } = await reader(READER, {}, store);
    await accuser.publishFraudProof(await proof(lie(1)));
    await clock.advance(1_000);
    expect(convicted).toEqual([CHEAT.peer]);
  });

  test('that a run here contradicts is not believed, and its accuser not listened to again', async () => {
    const { desk, sandbox, convicted } = await reader(READER);
    await accuser.publishFraudProof(await proof(truth));
    await clock.advance(1_000);
    desk.meet(CHEAT.peer);
    await clock.advance(1_000);
    expect(stateOf(desk)).toEqual(['false']);
    expect([convicted, sandbox.started]).toEqual([[], 1]);
    await accuser.publishFraudProof(await proof(lie(1)));
    await clock.advance(1_000);
    desk.meet(CHEAT.peer);
    await clock.advance(1_000);
    expect(stateOf(desk)).toEqual(['false']);
    expect(sandbox.started).toBe(1);
    expect(desk.refusal(CHEAT.peer)).toBeUndefined();
  });

  test('that cannot be checked stays a claim: the job is gone, or gives no result here', async () => {
    const faulty = await reader(READER, { exit: () => ({ kind: 'timeout', message: '' }) });
    const cutOff = await reader(OTHER);
    await accuser.publishFraudProof(await proof(lie(1)));
    await clock.advance(1_000);
    faulty.desk.meet(CHEAT.peer);
    await clock.advance(1_000);
    network.vanish(accuser.identity.peer);
    cutOff.desk.meet(CHEAT.peer);
    await clock.advance(120_000);
    expect([stateOf(faulty.desk), stateOf(cutOff.desk)]).toEqual([['claimed'], ['claimed']]);
    expect([...faulty.convicted, ...cutOff.convicted]).toEqual([]);
  });

  /** The same lie, signed under another agreement: another claim. */
  async function accuseUnder(number: number): Promise<void> {
    const statement = await statementOf({ result: lie(1), job, agreement: { slots: number + 1 } });
    await accuser.publishFraudProof(decodeEnvelope(proofBytes(proofOf([statement], job)), 100_000));
    await clock.advance(10);
  }

  test('costs this device no more time in an hour than it allows', async () => {
    const { desk, sandbox } = await reader(READER, {
      msPerTask: 59_000,
      exit: () => ({ kind: 'trap', message: '' }),
    });
    for (let i = 0; i < 12; i++) {
      await accuseUnder(i);
      desk.meet(CHEAT.peer);
      await clock.advance(120_000);
    }
    expect(sandbox.started).toBe(6);
    await clock.advance(3_600_000);
    await accuseUnder(12);
    await clock.advance(120_000);
    expect(sandbox.started).toBe(7);
  });

  test('costs this device no more runs in an hour than it allows', async () => {
    const { desk, sandbox } = await reader(READER, { exit: () => ({ kind: 'timeout', message: '' }) });
    for (let i = 0; i < 40; i++) {
      await accuseUnder(i);
      desk.meet(CHEAT.peer);
      await clock.advance(1_000);
    }
    expect(sandbox.started).toBe(20);
  });
});
