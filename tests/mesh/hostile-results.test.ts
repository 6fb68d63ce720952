import { expect, test } from 'vitest';
import { chunkCid } from '../../src/base/cid.ts';
import { sleep } from '../../src/base/time.ts';
import { commitment, type Result, resultDigest } from '../../src/protocol/task.ts';
import type { WorkDown } from '../../src/protocol/work.ts';
import type { ReputationRecord } from '../../src/reputation/record.ts';
import { MarketDay, QUORUM_2, viewOf } from './market-day.ts';
import { joinRogue, type Rogue } from './rogue.ts';
import { lieAbout, trueOutput } from './twins/fake-sandbox.ts';

const ROGUE = 200;
const TRUST = { kind: 'trust', auditRate: 0 } as const;
const NONCE = new Uint8Array(16).fill(1);

/** Commits at once to whatever it is leased, and reveals it without any bytes: whenever it is asked, once, or never. */
function deliver(rogue: Rogue, resultOf: (task: number) => Promise<Result>, reveals = Infinity): void {
  const revealed = new Map<string, number>();
  const { job } = rogue.agreement;
  const answer = async (message: WorkDown) => {
    if (message.type === 'lease') {
      const entry = async (task: number) => {
        const digest = await resultDigest(await resultOf(task));
        return { task, commitment: await commitment(job, task, rogue.peer.identity.peer, NONCE, digest) };
      };
      const entries = await Promise.all(message.tasks.map(entry));
      const commit = rogue.commit({ lease: message.lease, entries });
      await rogue.channel.send({ type: 'commit', commit, wallMs: 1 });
    }
    const times = message.type === 'reveal' ? (revealed.get(message.lease) ?? 0) : 0;
    if (message.type === 'reveal' && times < reveals) {
      revealed.set(message.lease, times + 1);
      const entry = async (task: number) => ({
        task,
        nonce: NONCE,
        result: await resultOf(task),
        inline: {},
      });
      const entries = await Promise.all(message.tasks.map(entry));
      await rogue.channel.send({ type: 'results', lease: message.lease, entries });
    }
  };
  rogue.onHeard = () => void answer(rogue.heard.at(-1)!).catch(() => {});
  for (const message of rogue.heard) void answer(message).catch(() => {});
}

/** A result that claims these bytes. */
async function claim(bytes: Uint8Array, path = 'stdout', size = bytes.byteLength): Promise<Result> {
  return { exit: { kind: 'ok' }, outputs: [{ path, cid: await chunkCid(bytes), bytes: size }] };
}

/** Lets something happen before every result is stored on the requestor's device. */
function beforeStoring(day: MarketDay, act: (task: number) => Promise<void> | void): void {
  const store = day.requestorStore;
  const collection = store.collection.bind(store);
  store.collection = <T>(name: Parameters<typeof collection>[0]) => {
    const real = collection<T>(name);
    if (name !== 'results') return real;
    return {
      get: (key) => real.get(key),
      delete: (key) => real.delete(key),
      entries: (prefix) => real.entries(prefix),
      put: async (key, value) => {
        await act((value as { task: number }).task);
        return real.put(key, value);
      },
    } as typeof real;
  };
}

async function startWithRogue(
  day: MarketDay,
  tasks: number,
  policy: Parameters<MarketDay['submit']>[2],
  resultOf: (job: string, task: number) => Promise<Result>,
  reveals = Infinity,
) {
  const home = await day.requestor();
  const joining = joinRogue(day, ROGUE);
  const job = await day.submit(home.requestor, tasks, policy);
  await day.clock.advance(2_000);
  const rogue = await joining;
  deliver(rogue, (task) => resultOf(job, task), reveals);
  const mine = () =>
    viewOf(home.requestor, job)!.providers.find(({ peer }) => peer === rogue.peer.identity.peer);
  return { ...home, job, rogue, mine };
}

for (const reveals of [Infinity, 1]) {
  test(`a digest whose bytes are never sent earns nothing (asked again, it ${reveals > 1 ? 'answers without' : 'is silent'})`, async () => {
    await using day = new MarketDay();
    const { requestor, sandbox, job, mine } = await startWithRogue(
      day,
      4,
      TRUST,
      () => claim(new Uint8Array(32)),
      reveals,
    );
    await day.clock.advance(20_000);
    // Its stream is read on while its bytes are awaited: its pongs are heard.
    expect(mine()?.state).toBe('working');
    await day.clock.advance(20_000);
    await day.provider({ msPerTask: 100 });
    const view = await day.untilEnded(requestor, job);
    expect(view.status).toBe('done');
    expect(mine()?.paid).toBe(0n);
    expect(view.rejected[0]).toMatchObject({ reason: 'did not send the bytes of its result' });
    // No task is computed here; only the proof of the lie is checked, once, before anybody hears of it.
    expect(sandbox.started).toBeLessThanOrEqual(1);
    for (let task = 0; task < 4; task++)
      expect((await requestor.outputs(job, task))?.[0]?.bytes).toEqual(await trueOutput(job, task));
  });
}

test('who has the right digest and keeps its bytes back is unpaid, but no liar', async () => {
  await using day = new MarketDay();
  const { requestor, job, rogue, mine } = await startWithRogue(day, 4, TRUST, async (id, task) =>
    claim(await trueOutput(id, task)),
  );
  await day.clock.advance(40_000);
  await day.provider({ msPerTask: 100 });
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 4, rejected: [] });
  expect(mine()).toMatchObject({ state: 'ended', paid: 0n });
  expect(await recordOf(day, rogue)).toMatchObject({
    wrong: 0,
    valid: 0,
    late: expect.any(Number) as number,
  });
});

test('who commits and never reveals is put aside after a few times, unpaid, and no liar', async () => {
  await using day = new MarketDay();
  const { requestor, job, rogue, mine } = await startWithRogue(
    day,
    20,
    TRUST,
    async (id, task) => claim(await trueOutput(id, task)),
    0,
  );
  await day.provider({ msPerTask: 10_000 });
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 20, rejected: [] });
  expect(mine()).toMatchObject({
    state: 'set-aside',
    paid: 0n,
    endReason: expect.stringMatching(/committed to \d+ results that it did not show/) as string,
  });
  expect(await recordOf(day, rogue)).toMatchObject({ wrong: 0, valid: 0 });
  expect((await recordOf(day, rogue))!.late).toBeGreaterThan(1);
});

/** What this requestor keeps of a provider. */
function recordOf(day: MarketDay, { peer }: Rogue): Promise<ReputationRecord | undefined> {
  return day.requestorStore.collection<ReputationRecord>('reputation').get(`wasi/${peer.identity.peer}`);
}

test('an output that the job does not name, or too large a one, is never fetched', async () => {
  for (const [path, bytes] of [['constructor1', 32] as const, ['stdout', 2 ** 32] as const]) {
    await using day = new MarketDay();
    const { requestor, peer, job, mine } = await startWithRogue(day, 2, TRUST, () =>
      claim(new Uint8Array(32), path, bytes),
    );
    const fetched: string[] = [];
    const get = peer.blobs.get.bind(peer.blobs);
    peer.blobs.get = (cid, request) => (fetched.push(cid), get(cid, request));
    await day.provider({ msPerTask: 100 });
    const view = await day.untilEnded(requestor, job);
    expect(view.status).toBe('done');
    expect(view.rejected[0]?.reason).toMatch(/does not ask for|more bytes/);
    expect(mine()).toMatchObject({ state: 'banned', paid: 0n });
    expect(fetched).toEqual([]);
  }
});

test('a store that refuses a result once is tried again; one that always refuses ends the job and says why', async () => {
  for (const refusals of [1, Infinity]) {
    await using day = new MarketDay();
    let left = refusals;
    beforeStoring(day, (task) => {
      if (task === 4 && left-- > 0) throw new Error('the disk is full');
    });
    await day.provider({ msPerTask: 100 });
    await day.provider({ msPerTask: 100 });
    const { requestor } = await day.requestor();
    const job = await day.submit(requestor, 10);
    const view = await day.untilEnded(requestor, job);
    if (refusals === 1) expect(view).toMatchObject({ status: 'done', verified: 10 });
    else
      expect(view).toMatchObject({
        status: 'failed',
        error: expect.stringMatching(/task 5.*the disk is full/i) as string,
      });
  }
});

test('a liar caught while its lone results are being stored leaves none of them behind', async () => {
  await using day = new MarketDay();
  beforeStoring(day, () => sleep(day.clock, 300));
  await day.provider({ msPerTask: 10, slots: 4, tamper: lieAbout(() => true) }, { creditLeases: 50 });
  const { requestor } = await day.requestor({ msPerTask: 50, slots: 4 });
  const job = await day.submit(requestor, 40, { kind: 'trust', auditRate: 0.5 });
  await day.clock.runUntil(
    () => viewOf(requestor, job)!.providers.some(({ state }) => state === 'banned'),
    120_000,
  );
  await day.clock.advance(5_000);
  for (let task = 0; task < 40; task++) {
    const outputs = await requestor.outputs(job, task);
    if (outputs !== undefined) expect(outputs[0]?.bytes).toEqual(await trueOutput(job, task));
  }
});

test('one stranger whose every run fails does not end a job: this device runs it', async () => {
  await using day = new MarketDay();
  await day.provider({ msPerTask: 10, exit: () => ({ kind: 'trap', message: 'never' }) });
  const { requestor, sandbox } = await day.requestor();
  const job = await day.submit(requestor, 1, QUORUM_2);
  await day.clock.advance(300_000);
  expect(viewOf(requestor, job)?.status).not.toBe('failed');
  await day.provider({ msPerTask: 10, exit: () => ({ kind: 'trap', message: 'never' }) });
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 1, spent: 0n });
  expect(sandbox.started).toBeGreaterThan(0);
});

test('a program that traps on every device ends its job, and whoever ran it is paid', async () => {
  await using day = new MarketDay();
  const exit = () => ({ kind: 'trap', message: 'unreachable' }) as const;
  const witness = new Uint8Array(32).fill(7);
  const crash = { msPerTask: 10, exit, witness: () => witness };
  const a = await day.provider(crash);
  await day.provider(crash);
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 1, QUORUM_2);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'failed', verified: 1, rejected: [] });
  expect(view.error).toMatch(/^Task 1: the program trapped\./);
  expect(view.spent).toBeGreaterThan(0n);
  expect(a.provider.view.value.tasksAccepted).toBe(1);
});

test('whoever takes a second agreement before it is caught is out with both', async () => {
  await using day = new MarketDay();
  const home = await day.requestor({ msPerTask: 30_000 });
  const joining = joinRogue(day, ROGUE);
  const job = await day.submit(home.requestor, 40, { kind: 'trust', auditRate: 1 });
  await day.clock.advance(2_000);
  const first = await joining;
  deliver(first, () => claim(new Uint8Array(32)));
  await day.clock.advance(1_000);
  const joiningAgain = joinRogue(day, ROGUE);
  await day.clock.advance(15_000);
  const second = await joiningAgain;
  await day.clock.advance(30_000);
  second.heard.length = 0;
  await day.clock.advance(60_000);
  const view = viewOf(home.requestor, job)!;
  expect(view.rejected.length).toBeGreaterThan(0);
  expect(view.providers.map(({ state }) => state)).toEqual(['banned']);
  expect(second.heard.filter(({ type }) => type === 'lease')).toEqual([]);
});
