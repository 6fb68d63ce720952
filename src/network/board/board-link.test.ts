import { expect, test } from 'vitest';
import type { Clock } from '../../base/time.ts';
import { BOARD, type BoardAnswer, type BoardRequest } from '../../protocol/board.ts';
import { listenerChannel } from '../../protocol/channel.ts';
import { BoardLink } from './board-link.ts';
import { heldClock } from '../testing/held-clock.ts';
import { framePair } from '../testing/memory-streams.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve, 10));

function setUp(answer: (request: BoardRequest) => BoardAnswer | undefined) {
  const clock: Clock & { advance(ms: number): void } = heldClock();
  const [here, there] = framePair('tab', 'relay');
  const relay = listenerChannel(BOARD, there);
  const asked: BoardRequest[] = [];
  void (async () => {
    for await (const request of relay.messages) {
      asked.push(request);
      const message = answer(request);
      if (message !== undefined) await relay.send(message);
    }
  })().catch(() => {});
  const changes: BoardAnswer[] = [];
  return { clock, relay, asked, changes, link: new BoardLink(here, clock, (change) => changes.push(change)) };
}

test('a relay that answers its pings is kept', async () => {
  const { clock, asked, link } = setUp(({ id }) => ({ type: 'done', id }));
  let isOver = false;
  void link.closed.then(() => (isOver = true));
  for (let i = 0; i < 10; i++) {
    clock.advance(15_000);
    await settle();
  }
  expect(asked.length).toBe(10);
  expect(isOver).toBe(false);
  await link.close();
});

test('a relay that falls silent is given up, a busy tab first looks again', async () => {
  const { clock, link } = setUp(() => undefined);
  clock.advance(15_000);
  await settle();
  clock.advance(15_000);
  await settle();
  expect(await Promise.race([link.closed, 'still there'])).toBe('still there');
  clock.advance(3_000);
  expect(await link.closed).toMatchObject({ code: 'board/silent' });
  await expect(link.removeOffer()).rejects.toMatchObject({ code: 'network/stream-broken' });
});

test('a refusal is thrown by its name', async () => {
  const { link } = setUp(({ id }) => ({ type: 'refused', id, code: 'board/full', reason: 'full' }));
  await expect(link.removeOffer()).rejects.toMatchObject({ code: 'board/full' });
});

test('pages that never end are left, and a cursor that does not move ends the query', async () => {
  const entry = {
    domain: 'kiln/offer/1',
    payload: new Uint8Array(1),
    publicKey: new Uint8Array(32),
    signature: new Uint8Array(64),
  };
  const endless = setUp(({ id, ...request }) => {
    const cursor = 'cursor' in request ? request.cursor : 0;
    return {
      type: 'page',
      id,
      entries: Array.from({ length: 50 }, () => entry),
      total: 1e9,
      next: cursor + 50,
    };
  });
  let count = 0;
  for await (const one of endless.link.query('offers')) count += one === undefined ? 0 : 1;
  expect(count).toBe(2_000);
  const stuck = setUp(({ id }) => ({ type: 'page', id, entries: [entry], total: 9, next: 0 }));
  count = 0;
  for await (const one of stuck.link.query('offers')) count += one === undefined ? 0 : 1;
  expect(count).toBe(1);
});

test('a relay that breaks the protocol is left', async () => {
  const { relay, link } = setUp(() => undefined);
  await relay.send({ type: 'changed', want: 'everything' } as never);
  expect(await link.closed).toMatchObject({ code: 'protocol/invalid' });
});
