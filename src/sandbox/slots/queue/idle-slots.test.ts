import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IdleSlots } from './idle-slots.ts';
import { IDLE_SLOT_MS } from '../../limits.ts';
import type { Load } from '../../messages.ts';
import type { Slot } from '../slot.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const [one, two] = [{}, {}] as Load[];

/** A slot without a frame. */
function slotOf(load?: Load, pageUrl = '/sandbox.html') {
  const slot = { load, pageUrl, isSpent: false, isReady: true, kill: () => (slot.isSpent = true) };
  return slot as typeof slot & Slot;
}

test('the newest slot of a program is taken, and nobody else’s', () => {
  const idle = new IdleSlots();
  const [old, young, other] = [slotOf(one), slotOf(one), slotOf(two)];
  for (const slot of [old, young, other]) idle.add(slot);
  expect(idle.warmCount).toBe(3);
  expect([idle.takeWarm(one!), idle.takeWarm(one!), idle.takeWarm(one!)]).toEqual([young, old, undefined]);
  expect(idle.takeFresh('/sandbox.html')).toBeUndefined();
  expect(other.isSpent).toBe(false);
});

test('a spare fits its page only', () => {
  const idle = new IdleSlots();
  const spare = slotOf();
  idle.add(spare);
  expect([idle.hasReady('/sandbox.html'), idle.hasReady('/other.html'), idle.warmCount]).toEqual([
    true,
    false,
    0,
  ]);
  expect(idle.takeFresh('/other.html')).toBeUndefined();
  expect(idle.takeFresh('/sandbox.html')).toBe(spare);
});

test('one whose frame died is not given out', () => {
  const idle = new IdleSlots();
  const slot = slotOf(one);
  idle.add(slot);
  slot.isSpent = true;
  expect([idle.takeWarm(one!), idle.warmCount]).toEqual([undefined, 0]);
});

test('one that nobody wants for a while is removed, those idle longest make room first', () => {
  const idle = new IdleSlots();
  const slots = [slotOf(one), slotOf(one), slotOf(two), slotOf()];
  for (const slot of slots) idle.add(slot);
  idle.discardSome(({ load }) => load === one, 1);
  expect(slots.map(({ isSpent }) => isSpent)).toEqual([true, false, false, false]);
  vi.advanceTimersByTime(IDLE_SLOT_MS - 1);
  expect(idle.takeWarm(two!)).toBe(slots[2]);
  vi.advanceTimersByTime(1);
  expect(slots.map(({ isSpent }) => isSpent)).toEqual([true, true, false, true]);
});
