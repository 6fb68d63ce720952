import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../base/bytes.ts';
import { MAX_OUTPUT_FILES } from '../../protocol/constants.ts';
import { GuestFault } from '../messages.ts';
import { I64_TYPE } from '../wasm-guard/format/opcodes.ts';
import { WASI_FUNCTIONS } from '../wasm-guard/wasi-functions.ts';
import { ERRNO } from './errno.ts';
import { TestGuest } from './fixtures/test-guest.ts';
import { FDFLAG, OFLAG } from './files/flags.ts';
import { MAX_NAME_BYTES, MAX_STDERR_BYTES } from './limits.ts';
import { ProgramExit } from './process.ts';
import { ALL_RIGHTS, DIRECTORY_RIGHTS } from './files/rights.ts';

const CREATE = { oflags: OFLAG.CREAT };
const budget = { fileBytes: 10_000, stdoutBytes: 20, names: 3 };

function outputs(guest: TestGuest, ...patterns: string[]): [string, string][] {
  return guest.wasi.takeOutputs(patterns).map(({ path, bytes }) => [path, fromUtf8(bytes)]);
}

test('all 46 functions that the guard lets through are there', () => {
  const { imports } = new TestGuest().wasi;
  expect(Object.keys(imports).sort()).toEqual([...WASI_FUNCTIONS.keys()].sort());
  expect(Object.keys(imports)).toHaveLength(46);
});

test('no call with any arguments throws anything but the end of the run, and none touches inputs', () => {
  const input = utf8('input');
  const files = [{ path: 'in', bytes: input }];
  const words = fc.oneof(
    fc.integer({ min: -2, max: 12 }),
    fc.constantFrom(64, 4_096, 65_535, 262_140),
    fc.integer(),
  );
  const wide = fc.oneof(
    fc.bigInt({ min: -3n, max: 300n }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  );
  const calls = fc.array(
    fc.constantFrom(...WASI_FUNCTIONS).chain(([name, type]) => {
      const types = [...type.subarray(1, 1 + type[0]!)];
      const given = types.map((one): fc.Arbitrary<number | bigint> => (one === I64_TYPE ? wide : words));
      return fc.tuple(fc.constant(name), fc.tuple(...given));
    }),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(calls, (made) => {
      const guest = new TestGuest({ files, args: ['p', 'q'], env: ['A=b'], budget });
      // Paths and vectors for the small addresses.
      new Uint8Array(guest.memory.buffer).set(utf8('in/../a/./in'), 0);
      for (const [name, given] of made) {
        try {
          expect(guest.call(name, ...given)).toBeLessThanOrEqual(76);
        } catch (thrown) {
          expect(thrown instanceof GuestFault || thrown instanceof ProgramExit).toBe(true);
        }
      }
      expect(input).toEqual(utf8('input'));
    }),
    { numRuns: 1_000 },
  );
});

test('before a memory is attached every pointer is a fault', () => {
  const guest = new TestGuest();
  guest.wasi.attach(new WebAssembly.Memory({ initial: 0 }));
  expect(guest.call('clock_time_get', 0, 0n, 0)).toBe(ERRNO.FAULT);
});

describe('a spent budget ends the run and stands', () => {
  test.each([
    ['bytes of files', (guest: TestGuest) => guest.write(guest.open('f', CREATE), new Uint8Array(10_001))],
    ['bytes printed', (guest: TestGuest) => guest.write(1, 'more than twenty bytes')],
    [
      'a far offset',
      (guest: TestGuest) =>
        guest.call('fd_pwrite', guest.open('f', CREATE), ...guest.vector(0, 1), 2n ** 62n, 64),
    ],
    ['allocation', (guest: TestGuest) => guest.call('fd_allocate', guest.open('f', CREATE), 0n, 2n ** 62n)],
    ['a size', (guest: TestGuest) => guest.call('fd_filestat_set_size', guest.open('f', CREATE), 10_001n)],
    [
      'names',
      (guest: TestGuest) => ['a', 'b', 'c', 'd'].map((name) => guest.at('path_create_directory', name)),
    ],
    [
      'symbolic links',
      (guest: TestGuest) =>
        ['a', 'b', 'c', 'd'].map((name) =>
          guest.call('path_symlink', ...guest.put('x'), 3, ...guest.put(name)),
        ),
    ],
  ])('%s', (_, spend) => {
    const guest = new TestGuest({ budget });
    expect(() => spend(guest)).toThrow(GuestFault);
    expect(guest.wasi.fault).toMatchObject({ kind: 'output-limit' });
    expect(guest.call('sched_yield')).toBe(0);
    expect(guest.wasi.fault).toMatchObject({ kind: 'output-limit' });
  });

  test('what is deleted and closed is given back', () => {
    const guest = new TestGuest({ budget });
    for (let i = 0; i < 20; i++) {
      const fd = guest.open('big', CREATE);
      guest.write(fd, new Uint8Array(9_000));
      expect(guest.at('path_unlink_file', 'big')).toBe(0);
      expect(guest.call('fd_close', fd)).toBe(0);
    }
    expect(guest.wasi.fault).toBeUndefined();
  });

  test('what is deleted and still open is not', () => {
    const guest = new TestGuest({ budget });
    guest.write(guest.open('big', CREATE), new Uint8Array(9_000));
    guest.at('path_unlink_file', 'big');
    expect(() => guest.write(guest.open('big', CREATE), new Uint8Array(9_000))).toThrow('output limit');
  });
});

describe('outputs', () => {
  test('are files of those names and what was printed, each with memory of its own', () => {
    const guest = new TestGuest({ files: [{ path: 'in', bytes: utf8('input') }], directories: ['out'] });
    guest.write(guest.open('out/a', CREATE), 'A');
    guest.call('path_link', 3, 0, ...guest.put('out/a'), 3, ...guest.put('b'));
    guest.call('path_symlink', ...guest.put('b'), 3, ...guest.put('link'));
    guest.open('empty', CREATE);
    guest.write(1, 'printed');
    guest.call('fd_close', 1);
    expect(outputs(guest, 'stdout', 'out/a', 'b', 'in', 'link', 'out', 'none/x', 'empty', 'b')).toEqual([
      ['b', 'A'],
      ['empty', ''],
      ['in', 'input'],
      ['out/a', 'A'],
      ['stdout', 'printed'],
    ]);
  });

  test('of a pattern are all that match in its folder, sorted, but for names that no output may have', () => {
    const guest = new TestGuest({ directories: ['frames/sub.png', 'other'] });
    for (const path of [
      'frames/10.png',
      'frames/9.png',
      'frames/x.txt',
      'frames/.png',
      'frames/ä.png',
      'other/1.png',
      'a-b.png',
      'stdout',
      '__proto__',
    ]) {
      guest.write(guest.open(path, CREATE), path);
    }
    const paths = (...patterns: string[]) => guest.wasi.takeOutputs(patterns).map(({ path }) => path);
    expect(paths('frames/*.png', 'stdout')).toEqual(['frames/10.png', 'frames/9.png', 'stdout']);
    expect(paths('*/1*.png')).toEqual(['frames/10.png', 'other/1.png']);
    expect(paths('a-*.p*g')).toEqual(['a-b.png']);
    expect(paths('frames/9.png', 'frames/9*')).toEqual(['frames/9.png']);
    expect(paths('*')).toEqual(['a-b.png']);
    expect(paths('*.png/*')).toEqual([]);
  });

  test('are bounded in bytes together, each name of a file and each input counted', () => {
    const files = [{ path: 'in', bytes: new Uint8Array(6_000) }];
    const linked = (...names: string[]) => {
      const guest = new TestGuest({ budget: { ...budget, names: 10 }, files });
      guest.write(guest.open('f', CREATE), new Uint8Array(5_000));
      for (const name of names) guest.call('path_link', 3, 0, ...guest.put('f'), 3, ...guest.put(name));
      return guest;
    };
    expect(linked('g').wasi.takeOutputs(['f', 'g'])).toHaveLength(2);
    expect(() => linked('g', 'h').wasi.takeOutputs(['f', 'g', 'h'])).toThrow('15000 bytes together');
    expect(() => linked().wasi.takeOutputs(['f', 'in'])).toThrow('11000 bytes together');
  });

  test('are bounded in number', () => {
    const guest = new TestGuest({ budget: { ...budget, names: 1_000 } });
    for (let i = 0; i <= MAX_OUTPUT_FILES; i++) guest.call('fd_close', guest.open(`f${i}`, CREATE));
    expect(() => guest.wasi.takeOutputs(['*'])).toThrow(`${MAX_OUTPUT_FILES + 1} files`);
  });
});

test('standard error is kept so far and no further', () => {
  const guest = new TestGuest();
  expect(guest.write(2, 'oh no')).toBe(5);
  expect(fromUtf8(guest.wasi.stderr)).toBe('oh no');
  guest.write(2, new Uint8Array(MAX_STDERR_BYTES));
  expect(guest.wasi.stderr.byteLength).toBe(MAX_STDERR_BYTES);
  expect(guest.wasi.fault).toBeUndefined();
});

test('a file deeper than any path cannot be opened while writes are watched by path', () => {
  const open = (isWatched: boolean) => {
    const guest = new TestGuest({ ...(isWatched && { onWrite: () => {} }) });
    let from = 3;
    for (let depth = 0; depth < 20; depth++) {
      const name = 'd'.repeat(MAX_NAME_BYTES);
      expect(guest.call('path_create_directory', from, ...guest.put(name))).toBe(0);
      const deeper = guest.open(name, { from, rights: DIRECTORY_RIGHTS, inheriting: ALL_RIGHTS });
      if (deeper < 0) return deeper;
      from = deeper;
    }
    return guest.open('f', { ...CREATE, from });
  };
  expect(open(false)).toBeGreaterThan(3);
  expect(open(true)).toBe(-ERRNO.NAMETOOLONG);
});

test('writes are told by path as they happen', () => {
  const told: [string, number, string][] = [];
  const guest = new TestGuest({
    directories: ['out/deep'],
    onWrite: (path, offset, bytes) => told.push([path, offset, fromUtf8(bytes)]),
  });
  const fd = guest.open('out/./deep/../deep/f', { ...CREATE, fdflags: FDFLAG.APPEND });
  guest.write(fd, 'one');
  guest.write(fd, 'two');
  guest.write(1, 'hi');
  guest.write(2, 'unheard');
  expect(told).toEqual([
    ['out/deep/f', 0, 'one'],
    ['out/deep/f', 3, 'two'],
    ['stdout', 0, 'hi'],
  ]);
});
