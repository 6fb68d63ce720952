import { expect, test } from 'vitest';
import { toHex, utf8 } from '../../base/bytes.ts';
import { hasCode } from '../../base/errors.ts';
import { deriveInWorker } from './scrypt-thread.ts';

/** RFC 7914, section 12. */
const RFC_KEY =
  'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162' +
  '2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640';
const COST = { n: 2 ** 17, r: 8, p: 1, bytes: 32 };

test('derives what the RFC says, and tells how far it is', async () => {
  const shares: number[] = [];
  const cost = { n: 1_024, r: 8, p: 16, bytes: 64 };
  const onProgress = (done: number) => shares.push(done);
  const key = await deriveInWorker(utf8('password'), utf8('NaCl'), cost, { onProgress });
  expect(toHex(key)).toBe(RFC_KEY);
  expect(shares.length).toBeGreaterThan(2);
  expect(shares.every((share, i) => share >= (shares[i - 1] ?? 0) && share <= 1)).toBe(true);
});

test('leaves the page free, and stops when told to', async () => {
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  const stopped = deriveInWorker(utf8('a'), utf8('salt'), COST, { signal: controller.signal, onProgress });
  await expect(stopped).rejects.toSatisfy((e) => hasCode(e, 'base/aborted'));
  const never = deriveInWorker(utf8('a'), utf8('salt'), COST, { signal: controller.signal });
  await expect(never).rejects.toSatisfy((e) => hasCode(e, 'base/aborted'));
});

test('names a derivation that does not fit into memory', async () => {
  const huge = { n: 2 ** 24, r: 8, p: 1, bytes: 32 };
  const failed = deriveInWorker(utf8('a'), utf8('salt'), huge);
  await expect(failed).rejects.toSatisfy((e) => hasCode(e, 'wallet/scrypt-failed'));
});
