import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../tests/mesh/twins/manual-clock.ts';
import { PING_INTERVAL_MS, SILENCE_LIMIT_MS } from './constants.ts';
import { Heartbeat } from './heartbeat.ts';

let clock: ManualClock;
let pings: number[];
let silences: number[];
let heartbeat: Heartbeat;

beforeEach(() => {
  clock = new ManualClock(0);
  pings = [];
  silences = [];
  heartbeat = new Heartbeat(clock, {
    ping: (nonce) => pings.push(nonce),
    onSilence: () => silences.push(clock.now()),
  });
});
afterEach(() => {
  heartbeat.stop();
  clock[Symbol.dispose]();
});

test('pings every few seconds, each time with the next number', async () => {
  await clock.advance(PING_INTERVAL_MS - 1);
  expect(pings).toEqual([]);
  await clock.advance(1);
  expect(pings).toEqual([0]);
  await clock.advance(2 * PING_INTERVAL_MS);
  expect(pings).toEqual([0, 1, 2]);
});

test('a peer that is silent beyond the limit is given up, once, and no ping follows', async () => {
  await clock.advance(SILENCE_LIMIT_MS);
  expect(silences).toEqual([]);
  await clock.advance(10 * SILENCE_LIMIT_MS);
  expect(silences).toEqual([SILENCE_LIMIT_MS + PING_INTERVAL_MS]);
  expect(pings.length).toBe(SILENCE_LIMIT_MS / PING_INTERVAL_MS);
  expect(clock.armed).toBe(0);
});

test('a frame of any kind shows that the peer is there', async () => {
  for (let i = 0; i < 20; i++) {
    await clock.advance(SILENCE_LIMIT_MS - 1);
    heartbeat.heard();
  }
  expect(silences).toEqual([]);
  await clock.advance(SILENCE_LIMIT_MS + 2 * PING_INTERVAL_MS);
  expect(silences.length).toBe(1);
});

test('when it is stopped it says nothing more and leaves no timer', async () => {
  await clock.advance(PING_INTERVAL_MS);
  heartbeat.stop();
  expect(clock.armed).toBe(0);
  await clock.advance(10 * SILENCE_LIMIT_MS);
  expect([pings, silences]).toEqual([[0], []]);
});

test('may be stopped by its own ping, as when sending fails', async () => {
  let count = 0;
  const own: Heartbeat = new Heartbeat(clock, {
    ping: () => {
      count++;
      own.stop();
    },
    onSilence: () => silences.push(-1),
  });
  heartbeat.stop();
  await clock.advance(20 * SILENCE_LIMIT_MS);
  expect([count, silences, clock.armed]).toEqual([1, [], 0]);
});
