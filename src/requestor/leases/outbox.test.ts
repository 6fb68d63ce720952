import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { encode } from '../../protocol/codec.ts';
import { MAX_OPEN_LEASES, MAX_TASKS_PER_LEASE, MAX_WORK_FRAME_BYTES } from '../../protocol/constants.ts';
import { verdictOn } from '../../protocol/messages.fixture.ts';
import { WORK } from '../../protocol/work.ts';
import { recordedLink } from '../seats/link.fixture.ts';
import { Outbox } from './outbox.ts';

let clock: ManualClock;
beforeEach(() => (clock = new ManualClock()));
afterEach(() => clock[Symbol.dispose]());

test('what one turn makes it say travels together, at the end of that turn', async () => {
  const [a, b] = [recordedLink(clock, 2), recordedLink(clock, 3)];
  const outbox = new Outbox();
  outbox.reveal(a.link, 'x', 1, true);
  outbox.verdict(a.link, { lease: 'x', task: 9, outcome: 'accepted' });
  outbox.reveal(a.link, 'x', 2, true);
  outbox.reveal(a.link, 'x', 3, false);
  outbox.reveal(a.link, 'y', 4, true);
  outbox.cancel(a.link, 'z');
  outbox.cancel(b.link, 'w');
  expect([a.sent, b.sent]).toEqual([[], []]);
  await Promise.resolve();
  expect(a.sent).toEqual([
    { type: 'reveal', lease: 'x', tasks: [1, 2], withBytes: true },
    { type: 'reveal', lease: 'x', tasks: [3], withBytes: false },
    { type: 'reveal', lease: 'y', tasks: [4], withBytes: true },
    { type: 'verdict', entries: [{ lease: 'x', task: 9, outcome: 'accepted' }] },
    { type: 'cancel', leases: ['z'] },
  ]);
  expect(b.sent).toEqual([{ type: 'cancel', leases: ['w'] }]);
});

test('what was flushed early is not said again, and the next turn has its own', async () => {
  const { link, sent } = recordedLink(clock);
  const outbox = new Outbox();
  outbox.cancel(link, 'a');
  outbox.flush();
  expect(sent.length).toBe(1);
  await Promise.resolve();
  outbox.flush();
  expect(sent.length).toBe(1);
  outbox.cancel(link, 'b');
  await Promise.resolve();
  expect(sent.length).toBe(2);
});

test('however much there is to say, every frame keeps the limits of the wire', async () => {
  const { link, sent } = recordedLink(clock);
  const outbox = new Outbox();
  const tasks = 2 * MAX_TASKS_PER_LEASE + 1;
  for (let task = 0; task < tasks; task++) {
    outbox.reveal(link, 'a', task, true);
    outbox.verdict(link, { lease: 'a', task, outcome: 'rejected', reason: 'x'.repeat(300) });
  }
  for (let i = 0; i < MAX_OPEN_LEASES + 1; i++) outbox.cancel(link, `${i}`);
  outbox.flush();
  expect(sent.map(({ type }) => type)).toEqual([
    ...['reveal', 'reveal', 'reveal'],
    ...['verdict', 'verdict', 'verdict'],
    ...['cancel', 'cancel'],
  ]);
  for (const message of sent) {
    expect(verdictOn(WORK.toDialer, message)).toBe('accepted');
    expect(encode(message).byteLength).toBeLessThan(MAX_WORK_FRAME_BYTES);
  }
  const revealed = sent.flatMap((message) => (message.type === 'reveal' ? message.tasks : []));
  expect(revealed).toEqual(Array.from({ length: tasks }, (_, i) => i));
});
