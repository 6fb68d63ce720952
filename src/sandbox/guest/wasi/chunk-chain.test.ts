import { describe, expect, test } from 'vitest';
import { concat, toHex, utf8 } from '../../../base/bytes.ts';
import { sha256 } from '../../../base/cid.ts';
import { ChunkChain } from './chunk-chain.ts';

function number(bits: 32 | 64, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes.subarray(0, bits / 8);
}
const u32 = (value: number) => number(32, value);
const u64 = (value: number) => number(64, value);
const hash = (...parts: Uint8Array[]) => sha256(concat(parts));

describe('ChunkChain', () => {
  test('is, byte for byte, what its documentation says', async () => {
    const chain = new ChunkChain();
    const seed = await hash(utf8('kiln/chunk/1'));
    expect(toHex(chain.digest)).toBe(toHex(seed));
    chain.write('a/ü.txt', 70_000, utf8('hello'));
    chain.write('stdout', 0, utf8('x'));
    const first = await hash(
      ...[seed, u64(0)],
      ...[Uint8Array.of(1), u32(8), utf8('a/ü.txt'), u64(70_000), u64(5), utf8('hello')],
      ...[Uint8Array.of(1), u32(6), utf8('stdout'), u64(0), u64(1), utf8('x')],
      ...[Uint8Array.of(0), u64(1234)],
    );
    expect(toHex(chain.close(1234))).toBe(toHex(first));
    const second = await hash(first, u64(1), Uint8Array.of(0), u64(2 ** 40));
    expect(toHex(chain.close(2 ** 40))).toBe(toHex(second));
    expect(chain.count).toBe(2);
    expect(toHex(chain.digest)).toBe(toHex(second));
  });

  test('goes another way from the first step on that differs, and never comes back', () => {
    const run = (odd?: { step: number; bytes?: string; fuel?: number; offset?: number; path?: string }) => {
      const chain = new ChunkChain();
      return Array.from({ length: 6 }, (_, i) => {
        const given = odd?.step === i ? odd : undefined;
        chain.write(given?.path ?? 'out', given?.offset ?? 10 * i, utf8(given?.bytes ?? 'same'));
        return toHex(chain.close(100 * i + (given?.fuel ?? 0)));
      });
    };
    const honest = run();
    expect(run()).toEqual(honest);
    for (const odd of [{ bytes: 'sama' }, { fuel: 1 }, { offset: 11 }, { path: 'put' }]) {
      const other = run({ step: 3, ...odd });
      expect(other.findIndex((digest, i) => digest !== honest[i])).toBe(3);
      expect(other.slice(3).some((digest) => honest.includes(digest))).toBe(false);
    }
  });

  test('tells one write from two that make the same bytes', () => {
    const one = new ChunkChain();
    one.write('out', 0, utf8('ab'));
    const two = new ChunkChain();
    two.write('out', 0, utf8('a'));
    two.write('out', 1, utf8('b'));
    expect(toHex(one.close(0))).not.toBe(toHex(two.close(0)));
  });
});
