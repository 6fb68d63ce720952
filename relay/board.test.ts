import { expect, test } from 'vitest';
import { decode, encode } from '../src/protocol/codec.ts';
import { BOARD } from '../src/protocol/board.ts';
import { BOARD_PAGE_ENTRIES, MAX_ADDRESS_CHARS, MAX_BOARD_FRAME_BYTES } from '../src/protocol/constants.ts';
import { encodeEnvelope, seal } from '../src/protocol/envelope.ts';
import { identityFromSeed, newIdentitySeed, type Identity } from '../src/protocol/identity.ts';
import { openDemand } from '../src/protocol/announce.ts';
import { chunkCidOfDigest } from '../src/base/cid.ts';
import { heldClock } from '../src/network/testing/held-clock.ts';
import { sampleDemand, sampleOffer } from '../src/network/testing/samples.ts';
import { Board, MAX_DEMANDS_PER_PEER } from './board.ts';
import { ChangeBatch } from './change-batch.ts';

const someone = () => identityFromSeed(newIdentitySeed());

function setUp(maxEntries?: number) {
  const clock = heldClock();
  const board = new Board(clock, maxEntries);
  const offer = (identity: Identity, changes = {}) =>
    seal(identity, 'kiln/offer/1', sampleOffer(identity, clock.now(), changes));
  const demand = (identity: Identity, changes = {}) =>
    openDemand(
      encodeEnvelope(seal(identity, 'kiln/demand/1', sampleDemand(identity, clock.now(), changes))),
      clock.now(),
    );
  return { clock, board, offer, demand };
}

const job = (index: number) => chunkCidOfDigest(new Uint8Array(32).fill(index));

test('an offer is put up, replaced by a newer one and taken off', async () => {
  const { clock, board, offer } = setUp();
  const provider = someone();
  const first = offer(provider);
  await board.putOffer(provider.peer, first);
  clock.advance(1_000);
  const second = offer(provider);
  await board.putOffer(provider.peer, second);
  expect(board.page('offers', undefined, 0)).toEqual({ entries: [second], total: 1 });
  await expect(board.putOffer(provider.peer, first)).rejects.toMatchObject({ code: 'board/stale' });
  board.removeOffer(provider.peer);
  expect(board.page('offers', undefined, 0).total).toBe(0);
});

test('nobody puts up an offer for another, nor a broken or expired one', async () => {
  const { clock, board, offer } = setUp();
  const [provider, thief] = [someone(), someone()];
  await expect(board.putOffer(thief.peer, offer(provider))).rejects.toMatchObject({
    code: 'board/not-yours',
  });
  const broken = { ...offer(provider), signature: new Uint8Array(64) };
  await expect(board.putOffer(provider.peer, broken)).rejects.toMatchObject({
    code: 'envelope/bad-signature',
  });
  const old = offer(provider);
  clock.advance(120_001);
  await expect(board.putOffer(provider.peer, old)).rejects.toMatchObject({ code: 'announce/expired' });
});

test('a board holds so many entries and so many demands of one peer', async () => {
  const { board, offer, demand } = setUp(2);
  for (const provider of [someone(), someone()]) await board.putOffer(provider.peer, offer(provider));
  const third = someone();
  await expect(board.putOffer(third.peer, offer(third))).rejects.toMatchObject({ code: 'board/full' });

  const wide = setUp();
  const requestor = someone();
  for (let i = 0; i < MAX_DEMANDS_PER_PEER; i++)
    wide.board.putDemand(await wide.demand(requestor, { job: job(i) }));
  const another = await wide.demand(requestor, { job: job(200) });
  expect(() => wide.board.putDemand(another)).toThrow(expect.objectContaining({ code: 'board/too-many' }));
  expect(wide.board.sizes.demands).toBe(MAX_DEMANDS_PER_PEER);
  void demand;
});

test('expired entries make room and are never shown', async () => {
  const { clock, board, offer } = setUp(1);
  const [first, second] = [someone(), someone()];
  await board.putOffer(first.peer, offer(first));
  clock.advance(60_001);
  expect(board.page('offers', undefined, 0).total).toBe(0);
  await board.putOffer(second.peer, offer(second));
  expect(board.sizes.offers).toBe(1);
});

test('pages hold all entries of a kind, each once, and fit a frame', async () => {
  const { board, offer } = setUp();
  const fat = Array.from({ length: 6 }, () => `/${'x'.repeat(MAX_ADDRESS_CHARS - 1)}`);
  const total = BOARD_PAGE_ENTRIES * 2 + 7;
  for (let i = 0; i < total; i++) {
    const provider = someone();
    const kind = i % 10 === 0 ? 'wgsl' : 'wasi';
    const kinds = [{ kind, microUnitsPerSecond: 1, pricePerUnit: 1n }];
    await board.putOffer(provider.peer, offer(provider, { addresses: fat, kinds }));
  }
  const seen = new Set<string>();
  let cursor: number | undefined = 0;
  while (cursor !== undefined) {
    const page = board.page('offers', 'wasi', cursor);
    const frame = encode({ type: 'page', id: 1, ...page });
    expect(frame.byteLength).toBeLessThanOrEqual(MAX_BOARD_FRAME_BYTES);
    decode(BOARD.toDialer, frame, MAX_BOARD_FRAME_BYTES);
    for (const { signature } of page.entries) seen.add(signature.join());
    cursor = page.next;
  }
  expect(seen.size).toBe(total - Math.ceil(total / 10));
});

test('a subscriber that cannot keep up gets the newest changes in frames that fit', async () => {
  const { clock, board, offer } = setUp();
  const batch = new ChangeBatch();
  board.onChange((change) => batch.add(change));
  const unwanted = someone();
  await board.putOffer(unwanted.peer, offer(unwanted));
  expect(batch.isEmpty).toBe(true);
  batch.want('offers');
  const busy = someone();
  for (let i = 0; i < 5; i++) {
    clock.advance(10);
    await board.putOffer(busy.peer, offer(busy));
  }
  for (let i = 0; i < 600; i++) {
    const provider = someone();
    await board.putOffer(provider.peer, offer(provider));
  }
  board.removeOffer(busy.peer);
  let entries = 0;
  const removed: string[] = [];
  while (!batch.isEmpty) {
    for (const frame of batch.take()) {
      expect(encode(frame).byteLength).toBeLessThanOrEqual(MAX_BOARD_FRAME_BYTES);
      entries += frame.entries.length;
      removed.push(...frame.removed);
    }
  }
  expect(entries).toBe(500);
  expect(removed).toEqual([busy.peer]);
});
