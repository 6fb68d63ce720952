import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { cutBlob } from '../../../src/base/cid.ts';
import { KilnError } from '../../../src/base/errors.ts';
import type { FrameStream } from '../../../src/protocol/channel.ts';
import { seal } from '../../../src/protocol/envelope.ts';
import type { Demand } from '../../../src/protocol/announce.ts';
import { encode } from '../../../src/protocol/codec.ts';
import { WORK } from '../../../src/protocol/work.ts';
import { FakeSandbox, lieAbout, trueOutput } from './fake-sandbox.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryChain } from './memory-chain.ts';
import { MemoryNetwork } from './memory-network.ts';
import { tinyJob } from './tiny-job.ts';

let clock: ManualClock;
beforeEach(() => void (clock = new ManualClock()));
afterEach(() => clock[Symbol.dispose]());

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error as KilnError).code,
  );
}

describe('the clock', () => {
  test('fires in order of time, also what is armed meanwhile', async () => {
    const seen: string[] = [];
    clock.after(20, () => seen.push('b'));
    clock.after(10, () => {
      seen.push('a');
      clock.after(5, () => seen.push('a+5'));
    });
    clock.after(10, () => seen.push('cancelled'))();
    await clock.advance(20);
    expect(seen).toEqual(['a', 'a+5', 'b']);
  });
  test('does not run past hashing that is under way', async () => {
    let hashedAt = -1;
    const started = clock.now();
    const big = new Uint8Array(64 * 1_048_576);
    clock.after(10, () => void cutBlob(big).then(() => (hashedAt = clock.now() - started)));
    await clock.advance(1_000);
    expect(hashedAt).toBe(10);
  });
  test('says when something is never reached', async () => {
    await expect(clock.runUntil(() => false, 1_000)).rejects.toThrow('Not reached');
    clock.after(300, () => {});
    expect(await clock.runUntil(() => clock.armed === 0, 1_000)).toBe(300);
  });
});

describe('streams', () => {
  async function connected(latencyMs = 0) {
    const network = new MemoryNetwork(clock, latencyMs);
    const [a, b] = [network.join(1), network.join(2)];
    let theirs: FrameStream | undefined;
    await b.handle(WORK, (stream) => (theirs = stream));
    const opening = a.openStream(WORK, { peer: b.identity.peer, addresses: b.addresses() });
    await clock.advance(latencyMs);
    return { network, a, b, mine: await opening, theirs: theirs! };
  }
  function collect(stream: FrameStream) {
    const state = { frames: [] as string[], end: '' };
    void (async () => {
      try {
        for await (const frame of stream.frames) state.frames.push(new TextDecoder().decode(frame));
        state.end = 'closed';
      } catch (error) {
        state.end = (error as KilnError).code;
      }
    })();
    return state;
  }

  test('carry frames in order after the latency; frames sent before a close arrive', async () => {
    const { mine, theirs, network } = await connected(50);
    const got = collect(theirs);
    await mine.send(utf8('one'));
    await mine.send(utf8('two'));
    await mine.close();
    await clock.advance(49);
    expect(got).toEqual({ frames: [], end: '' });
    await clock.advance(1);
    expect(got).toEqual({ frames: ['one', 'two'], end: 'closed' });
    expect(await codeOf(mine.send(utf8('late')))).toBe('network/stream-broken');
    await theirs.close();
    await clock.advance(50);
    expect([network.openStreams(WORK.id), clock.armed]).toEqual([0, 0]);
  });
  test('break for both ends, and can be opened again', async () => {
    const { network, a, b, mine, theirs } = await connected();
    const ends = [collect(mine), collect(theirs)];
    network.breakStreams(a.identity.peer);
    await clock.settle();
    expect(ends.map(({ end }) => end)).toEqual(['network/stream-broken', 'network/stream-broken']);
    expect(await codeOf(theirs.send(utf8('x')))).toBe('network/stream-broken');
    expect(network.openStreams()).toBe(0);
    expect(await codeOf(a.openStream(WORK, { peer: b.identity.peer, addresses: [] }))).toBe('none');
  });
  test('an abort gives its own error here and a broken stream there', async () => {
    const { mine, theirs } = await connected();
    const ends = [collect(mine), collect(theirs)];
    mine.abort(new KilnError('test/enough', 'Enough.'));
    await clock.settle();
    expect(ends.map(({ end }) => end)).toEqual(['test/enough', 'network/stream-broken']);
  });
  test('a stalled peer gets everything later, a vanished one nothing ever', async () => {
    const { network, b, mine, theirs } = await connected();
    const got = collect(theirs);
    network.stall(b.identity.peer);
    await mine.send(utf8('one'));
    await clock.settle();
    expect(got.frames).toEqual([]);
    network.resume(b.identity.peer);
    await mine.send(utf8('two'));
    await clock.settle();
    expect(got.frames).toEqual(['one', 'two']);
    network.vanish(b.identity.peer);
    await mine.send(utf8('three'));
    await clock.advance(60_000);
    expect(got).toEqual({ frames: ['one', 'two'], end: '' });
  });
  test('a sender waits while nobody reads', async () => {
    const { mine, theirs } = await connected();
    let sent = 0;
    void (async () => {
      for (; sent < 1_000; sent++) await mine.send(utf8('x'));
    })();
    await clock.settle();
    expect(sent).toBeLessThan(300);
    const got = collect(theirs);
    await clock.settle();
    expect(got.frames.length).toBe(1_000);
  });
  test('a reloaded tab has its identity, and its old self is cut off', async () => {
    const { network, a, b } = await connected();
    const again = network.join(1);
    expect(again.identity.peer).toBe(a.identity.peer);
    const to = { peer: b.identity.peer, addresses: [] };
    expect(await codeOf(a.openStream(WORK, to))).toBe('network/unreachable');
    expect(await codeOf(again.openStream(WORK, to))).toBe('none');
  });
  test('limits: frame size, streams per peer, peers that take no such stream', async () => {
    const { network, a, b, mine } = await connected();
    expect(await codeOf(mine.send(new Uint8Array(WORK.maxFrameBytes + 1)))).toBe('network/frame-too-large');
    const to = { peer: b.identity.peer, addresses: [] };
    for (let i = 1; i < WORK.maxStreamsPerPeer; i++) await a.openStream(WORK, to);
    expect(await codeOf(a.openStream(WORK, to))).toBe('network/unreachable');
    expect(await codeOf(b.openStream(WORK, { peer: a.identity.peer, addresses: [] }))).toBe(
      'network/unreachable',
    );
    expect(network.openStreams()).toBe(WORK.maxStreamsPerPeer);
  });
});

describe('gossip and blobs', () => {
  test('a demand reaches those that listen, now or later, while it lives; a forged one is refused', async () => {
    const network = new MemoryNetwork(clock);
    const [requestor, early, late] = [network.join(1), network.join(2), network.join(3)];
    const address = `0x${'0'.repeat(40)}`;
    const demand: Demand = {
      requestor: requestor.identity.peer,
      addresses: [],
      job: (await cutBlob(utf8('job'))).cid,
      name: 'tiny',
      kind: 'wasi',
      requirements: {},
      microUnitsPerTask: 1,
      tasksLeft: 1,
      seats: { total: 1, filled: 0 },
      priceCeiling: 1n,
      policy: { kind: 'trust', auditRate: 0 },
      comparator: { class: 'exact' },
      payment: { chainId: 1, pool: address, payer: address, sessionKey: address },
      blobs: [],
      issuedAt: clock.now(),
      expiresAt: clock.now() + 60_000,
    };
    const heard: string[] = [];
    const stop = early.onDemand('wasi', ({ message }) => heard.push(`early ${message.name}`));
    early.onDemand('wgsl', () => heard.push('wrong kind'));
    await requestor.publishDemand('wasi', seal(requestor.identity, 'kiln/demand/1', demand));
    await clock.settle();
    stop();
    late.onDemand('wasi', ({ message }) => heard.push(`late ${message.name}`));
    await clock.settle();
    await clock.advance(60_000);
    late.onDemand('wasi', () => heard.push('after its end'));
    await clock.settle();
    expect(heard).toEqual(['early tiny', 'late tiny']);
    const forged = seal(early.identity, 'kiln/demand/1', demand);
    expect(await codeOf(requestor.publishDemand('wasi', forged))).toBe('announce/wrong-signer');
  });
  test('blobs come from whoever holds them, verified, whole or a range', async () => {
    const network = new MemoryNetwork(clock);
    const [a, b, c] = [network.join(1), network.join(2), network.join(3)];
    const cid = await a.blobs.put(utf8('hello'));
    const holders = [a, b].map(({ identity }) => ({ peer: identity.peer, addresses: [] }));
    expect(await c.blobs.get(cid, { holders, range: { offset: 1, length: 3 } })).toEqual(utf8('ell'));
    network.vanish(a.identity.peer);
    expect(await codeOf(b.blobs.get(cid, { holders: holders.slice(0, 1) }))).toBe('blob/not-found');
    const fromC = { holders: [{ peer: c.identity.peer, addresses: [] }] };
    c.blobs.tamper = (bytes) => bytes.map((byte) => byte + 1);
    expect(await codeOf(b.blobs.get(cid, fromC))).toBe('blob/digest-mismatch');
    c.blobs.tamper = (bytes) => bytes;
    expect(await b.blobs.get(cid, fromC)).toEqual(utf8('hello'));
    expect(a.blobs.servedBytes.get(c.identity.peer)).toBe(5);
  });
});

describe('the chain', () => {
  const payer = `0x${'1'.repeat(40)}` as const;
  const payee = `0x${'2'.repeat(40)}` as const;

  test('redeems cumulative vouchers of the real key, to the last unit and never twice', async () => {
    const chain = new MemoryChain(clock);
    const session = chain.openSession({ payer, deposit: 100n, cap: 100n });
    const first = await session.sign({ payee, amount: 30n, issued: 30n });
    const second = await session.sign({ payee, amount: 70n, issued: 70n });
    expect(await chain.voucherSigner(session.terms, first)).toBe(session.terms.sessionKey.toLowerCase());
    expect([await chain.redeem(second), await chain.redeem(second), await chain.redeem(first)]).toEqual([
      70n,
      0n,
      0n,
    ]);
    expect(await chain.payerView(session.terms, payee)).toMatchObject({
      free: 30n,
      spent: 70n,
      claimed: 70n,
    });
    expect(await chain.redeem({ ...second, amount: 100n })).toBe(0n);
  });
  test('pays in part what a payer has withdrawn or capped, and marks hidden promises', async () => {
    const chain = new MemoryChain(clock);
    const session = chain.openSession({ payer, deposit: 100n, cap: 50n });
    const voucher = await session.sign({ payee, amount: 80n, issued: 10n });
    chain.withdraw(payer, 80n);
    expect(await chain.redeem(voucher)).toBe(20n);
    chain.openSession({ payer, deposit: 100n, cap: 1n });
    expect(await chain.redeem(voucher)).toBe(30n);
    expect(await chain.payerView(session.terms, payee)).toMatchObject({ spent: 50n, isEquivocated: true });
    expect(chain.paidTo(payee)).toBe(50n);
  });
  test('an ended key pays nothing', async () => {
    const chain = new MemoryChain(clock);
    const session = chain.openSession({ payer, deposit: 10n, cap: 10n, lifeMs: 1_000 });
    const voucher = await session.sign({ payee, amount: 1n, issued: 1n });
    await clock.advance(1_000);
    expect(await chain.redeem(voucher)).toBe(0n);
  });
});

describe('the sandbox', () => {
  async function run(options: Partial<ConstructorParameters<typeof FakeSandbox>[0]>, tasks: number) {
    const { manifest, blobs } = await tinyJob({ tasks });
    const sandbox = new FakeSandbox({ clock, ...options });
    const read: string[] = [];
    const job = (await cutBlob(encode(manifest))).cid;
    const open = await sandbox.openJob(job, manifest, async ({ cid }) => {
      read.push(cid);
      return blobs[0]!;
    });
    return { sandbox, open, read, job };
  }

  test('gives everybody the same result, in the time it takes, one task per slot', async () => {
    const { open, read, job } = await run({ slots: 2, msPerTask: 100 }, 3);
    const signal = new AbortController().signal;
    const done: number[] = [];
    for (const task of [0, 1, 2]) void open.run(task, { signal }).then(() => done.push(task));
    await clock.advance(100);
    expect([...done].sort()).toEqual([0, 1]);
    await clock.advance(100);
    expect(done.length).toBe(3);
    expect(read.length).toBe(1);
    const outcome = open.run(1, { signal });
    await clock.advance(100);
    expect((await outcome).outputs).toEqual([{ path: 'out', bytes: await trueOutput(job, 1) }]);
  });
  test('a liar lies where it was told to, an abort frees its slot', async () => {
    const { open, job } = await run({ tamper: lieAbout((task) => task === 1) }, 2);
    const stop = new AbortController();
    const aborted = codeOf(open.run(0, { signal: stop.signal }));
    stop.abort();
    expect(await aborted).toBe('base/aborted');
    const lie = open.run(1, { signal: new AbortController().signal });
    await clock.advance(10);
    expect((await lie).outputs[0]!.bytes).toEqual((await trueOutput(job, 1)).map((byte) => byte ^ 0xff));
  });
  test('the tiny job is a valid manifest of either kind', async () => {
    expect((await tinyJob({ tasks: 2, kind: 'wgsl' })).manifest.program.kind).toBe('wgsl');
  });
});
