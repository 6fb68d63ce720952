import { expect, test } from 'vitest';
import { type ChannelMaker, cureInitChannel } from './rtc-init-channel.ts';

class FakeChannel extends EventTarget {
  readyState: RTCDataChannelState = 'connecting';
}

function curedChannel(label: string): FakeChannel {
  const channel = new FakeChannel();
  const prototype: ChannelMaker = { createDataChannel: () => channel as unknown as RTCDataChannel };
  cureInitChannel(prototype);
  cureInitChannel(prototype);
  expect(prototype.createDataChannel(label)).toBe(channel);
  return channel;
}

const later = () => new Promise<string>((resolve) => setTimeout(() => resolve('never called'), 20));
const called = (channel: EventTarget, type: string) =>
  new Promise<string>((resolve) => channel.addEventListener(type, () => resolve(type), { once: true }));

test.each(['open', 'closing', 'closed'] as const)(
  'a listener for `open` on an init channel that is %s is called',
  async (state) => {
    const channel = curedChannel('init');
    channel.readyState = state;
    expect(await Promise.race([called(channel, 'open'), later()])).toBe('open');
  },
);

test('a listener for `close` that comes after the close is called', async () => {
  const channel = curedChannel('init');
  channel.readyState = 'closed';
  expect(await Promise.race([called(channel, 'close'), later()])).toBe('close');
});

test('listeners that are in time are called by the event alone, once', async () => {
  const channel = curedChannel('init');
  let calls = 0;
  channel.addEventListener('open', () => calls++);
  channel.addEventListener('close', () => calls++);
  await later();
  expect(calls).toBe(0);
  channel.dispatchEvent(new Event('open'));
  channel.dispatchEvent(new Event('close'));
  expect(calls).toBe(2);
});

test('without the cure, and for other channels, a late listener waits for ever', async () => {
  const channel = curedChannel('data');
  channel.readyState = 'closed';
  expect(await Promise.race([called(channel, 'close'), later()])).toBe('never called');
});
