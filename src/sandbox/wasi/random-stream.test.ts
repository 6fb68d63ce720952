import { expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { RandomStream } from './random-stream.ts';

test('is the ChaCha20 key stream of RFC 8439, appendix A.1, vectors 1 and 2', () => {
  const bytes = new Uint8Array(128);
  new RandomStream(new Uint8Array(32)).fill(bytes);
  expect(toHex(bytes.subarray(0, 64))).toBe(
    '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586',
  );
  expect(toHex(bytes.subarray(64))).toBe(
    '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f',
  );
});

test('is the same stream however it is cut, and another one for another seed', () => {
  const seed = new Uint8Array(32).fill(7);
  const whole = new Uint8Array(200);
  new RandomStream(seed).fill(whole);
  const cut = new Uint8Array(200);
  const stream = new RandomStream(seed);
  for (const [from, to] of [
    [0, 1],
    [1, 64],
    [64, 65],
    [65, 65],
    [65, 200],
  ] as const)
    stream.fill(cut.subarray(from, to));
  expect(toHex(cut)).toBe(toHex(whole));
  const other = new Uint8Array(200);
  new RandomStream(seed.with(31, 8)).fill(other);
  expect(toHex(other)).not.toBe(toHex(whole));
});
