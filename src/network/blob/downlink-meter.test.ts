import { expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { DownlinkMeter } from './downlink-meter.ts';

const MIB = 1_048_576;

async function transfer(meter: DownlinkMeter, clock: ManualClock, bytes: number, ms: number): Promise<void> {
  await meter.measure(async () => {
    await clock.advance(ms);
    meter.add(bytes);
  });
}

test('unknown until something large enough arrived', async () => {
  using clock = new ManualClock();
  const meter = new DownlinkMeter(clock);
  await transfer(meter, clock, 200_000, 10);
  expect(meter.bitsPerSecond).toBeUndefined();
  await transfer(meter, clock, MIB, 500);
  expect(meter.bitsPerSecond).toBe(MIB * 16);
});

test('a slow holder hides nothing, and what was long ago is forgotten', async () => {
  using clock = new ManualClock();
  const meter = new DownlinkMeter(clock);
  await transfer(meter, clock, MIB, 100);
  for (let i = 0; i < 7; i++) await transfer(meter, clock, MIB, 1_000);
  expect(meter.bitsPerSecond).toBe(MIB * 80);
  await transfer(meter, clock, MIB, 1_000);
  expect(meter.bitsPerSecond).toBe(MIB * 8);
});

test('transfers side by side share the line', async () => {
  using clock = new ManualClock();
  const meter = new DownlinkMeter(clock);
  const first = meter.measure(async () => meter.add(MIB));
  await meter.measure(async () => {
    await first;
    meter.add(MIB);
    await clock.advance(1_000);
  });
  expect(meter.bitsPerSecond).toBe(MIB * 16);
});

test('a transfer that fails ends its measurement', async () => {
  using clock = new ManualClock();
  const meter = new DownlinkMeter(clock);
  await expect(meter.measure(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  await transfer(meter, clock, MIB, 1_000);
  expect(meter.bitsPerSecond).toBe(MIB * 8);
});
