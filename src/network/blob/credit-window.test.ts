import { expect, test } from 'vitest';
import { BLOB_WINDOW_MAX_BYTES, BLOB_WINDOW_START_BYTES } from '../../protocol/blob.ts';
import { CreditWindow } from './credit-window.ts';

test('a cold window lets 256 KiB out and waits', () => {
  const window = new CreditWindow();
  window.sent(BLOB_WINDOW_START_BYTES);
  expect(window.allows(1)).toBe(false);
  window.acked(65_536);
  expect(window.allows(65_536)).toBe(true);
});

test('it grows with what arrived, up to 4 MiB', () => {
  const window = new CreditWindow();
  let total = 0;
  for (let i = 0; i < 2_000; i++) {
    expect(window.allows(65_536)).toBe(true);
    window.sent(65_536);
    window.acked((total += 65_536));
  }
  expect(window.sizeBytes).toBe(BLOB_WINDOW_MAX_BYTES);
});

test('nobody acknowledges what was never sent, nor takes an acknowledgement back', () => {
  const window = new CreditWindow();
  window.sent(100);
  expect(() => window.acked(101)).toThrow(expect.objectContaining({ code: 'blob/bad-ack' }));
  window.acked(100);
  window.acked(50);
  expect(window.allows(BLOB_WINDOW_START_BYTES)).toBe(true);
});
