import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { ERRNO } from '../errno.ts';
import { TestGuest } from '../fixtures/test-guest.ts';
import { FDFLAG, OFLAG } from '../files/flags.ts';
import { RIGHT } from '../files/rights.ts';

const CREATE = { oflags: OFLAG.CREAT };
const files = [{ path: 'in.txt', bytes: utf8('0123456789') }];

describe('reading and writing', () => {
  test('goes on where it stopped, and ends at the end', () => {
    const guest = new TestGuest({ files });
    const fd = guest.open('in.txt', { rights: RIGHT.FD_READ });
    expect(fd).toBe(4);
    expect(guest.read(fd, 4)).toBe('0123');
    expect(guest.read(fd)).toBe('456789');
    expect(guest.read(fd)).toBe('');
  });

  test('fills several ranges, and writes from several', () => {
    const guest = new TestGuest({ files });
    const fd = guest.open('out', CREATE);
    const [ab] = guest.put('ab');
    const [cde] = guest.put('cde');
    const [vectors] = guest.put(new Uint8Array(new Uint32Array([ab, 2, cde, 3]).buffer));
    expect(guest.asking('fd_write', fd, vectors, 2)).toBe(0);
    expect(guest.u32).toBe(5);
    expect(guest.asking('fd_seek', fd, 1n, 0)).toBe(0);
    const [to] = [guest.room(16)];
    const [into] = guest.put(new Uint8Array(new Uint32Array([to, 1, to + 8, 100]).buffer));
    expect(guest.asking('fd_read', fd, into, 2)).toBe(0);
    expect(guest.u32).toBe(4);
    expect(guest.text(to, 1) + guest.text(to + 8, 3)).toBe('bcde');
  });

  test('at an offset leaves the position alone', () => {
    const guest = new TestGuest();
    const fd = guest.open('out', CREATE);
    expect(guest.asking('fd_pwrite', fd, ...guest.vector(...guest.put('xyz')), 2n)).toBe(0);
    const at = guest.room(8);
    expect(guest.asking('fd_pread', fd, ...guest.vector(at, 8), 1n)).toBe(0);
    expect(guest.u32).toBe(4);
    expect(guest.text(at, 4)).toBe('\0xyz');
    expect(guest.asking('fd_tell', fd)).toBe(0);
    expect(guest.u64).toBe(0n);
    expect(guest.asking('fd_pread', fd, ...guest.vector(at, 8), -1n)).toBe(ERRNO.INVAL);
    expect(guest.asking('fd_pwrite', fd, ...guest.vector(at, 8), -1n)).toBe(ERRNO.INVAL);
    expect(guest.asking('fd_pread', fd, ...guest.vector(at, 8), 2n ** 60n)).toBe(0);
    expect(guest.u32).toBe(0);
  });

  test('appends wherever the position is, until told otherwise', () => {
    const guest = new TestGuest();
    const fd = guest.open('log', { ...CREATE, fdflags: FDFLAG.APPEND });
    guest.write(fd, 'one');
    guest.asking('fd_seek', fd, 0n, 0);
    guest.write(fd, 'two');
    expect(guest.call('fd_fdstat_set_flags', fd, 0)).toBe(0);
    guest.asking('fd_seek', fd, 0n, 0);
    guest.write(fd, 'O');
    guest.asking('fd_seek', fd, 0n, 0);
    expect(guest.read(fd)).toBe('Onetwo');
    expect(guest.call('fd_fdstat_set_flags', fd, 32)).toBe(ERRNO.INVAL);
  });

  test('needs the right to, an open descriptor, and a file', () => {
    const guest = new TestGuest({ files });
    const reading = guest.open('in.txt', { rights: RIGHT.FD_READ });
    expect(guest.write(reading, 'x')).toBe(-ERRNO.NOTCAPABLE);
    const writing = guest.open('out', { ...CREATE, rights: RIGHT.FD_WRITE });
    expect(guest.read(writing)).toBe(-ERRNO.NOTCAPABLE);
    const at = guest.room(8);
    expect(guest.asking('fd_pread', reading, ...guest.vector(at, 8), 0n)).toBe(ERRNO.NOTCAPABLE);
    expect(guest.asking('fd_pwrite', writing, ...guest.vector(at, 8), 0n)).toBe(ERRNO.NOTCAPABLE);
    for (const fd of [99, -1, 0x7fffffff]) {
      expect(guest.read(fd)).toBe(-ERRNO.BADF);
      expect(guest.write(fd, 'x')).toBe(-ERRNO.BADF);
    }
    expect(guest.read(3)).toBe(-ERRNO.NOTCAPABLE);
  });

  test('refuses addresses outside the memory before anything is written', () => {
    const guest = new TestGuest();
    const fd = guest.open('out', CREATE);
    const end = guest.memory.buffer.byteLength;
    expect(guest.asking('fd_write', fd, ...guest.vector(end - 1, 2))).toBe(ERRNO.FAULT);
    expect(guest.asking('fd_write', fd, ...guest.vector(-4, 8))).toBe(ERRNO.FAULT);
    expect(guest.asking('fd_write', fd, end - 4, 1)).toBe(ERRNO.FAULT);
    expect(guest.asking('fd_write', fd, 0, 1_025)).toBe(ERRNO.INVAL);
    expect(guest.call('fd_write', fd, ...guest.vector(...guest.put('lost')), end - 2)).toBe(ERRNO.FAULT);
    expect(guest.call('fd_read', fd, ...guest.vector(0, 8), -1)).toBe(ERRNO.FAULT);
    expect(guest.statOf(fd)).toMatchObject({ size: 0n });
  });

  test('goes on after the memory grew', () => {
    const guest = new TestGuest();
    const fd = guest.open('out', CREATE);
    guest.write(fd, 'before');
    const old = guest.memory.buffer.byteLength;
    guest.memory.grow(1);
    new Uint8Array(guest.memory.buffer).set(utf8('after'), old);
    expect(guest.asking('fd_write', fd, ...guest.vector(old, 5))).toBe(0);
    guest.asking('fd_seek', fd, 0n, 0);
    expect(guest.read(fd)).toBe('beforeafter');
  });
});

describe('fd_seek and fd_tell', () => {
  test('move from the start, the position and the end, and beyond', () => {
    const guest = new TestGuest({ files });
    const fd = guest.open('in.txt', { rights: RIGHT.FD_READ | RIGHT.FD_SEEK });
    const seek = (delta: bigint, whence: number) => {
      const errno = guest.asking('fd_seek', fd, delta, whence);
      return errno === 0 ? guest.u64 : -errno;
    };
    expect(seek(4n, 0)).toBe(4n);
    expect(seek(2n, 1)).toBe(6n);
    expect(seek(-1n, 2)).toBe(9n);
    expect(seek(1_000n, 2)).toBe(1_010n);
    expect(guest.read(fd)).toBe('');
    expect(seek(-2_000n, 1)).toBe(-ERRNO.INVAL);
    expect(seek(0n, 3)).toBe(-ERRNO.INVAL);
    expect(seek(2n ** 60n, 0)).toBe(-ERRNO.OVERFLOW);
    expect(guest.asking('fd_tell', fd)).toBe(0);
    expect(guest.u64).toBe(1_010n);
  });

  test('need their rights; telling needs less', () => {
    const guest = new TestGuest({ files });
    const telling = guest.open('in.txt', { rights: RIGHT.FD_TELL });
    expect(guest.asking('fd_tell', telling)).toBe(0);
    expect(guest.asking('fd_seek', telling, 0n, 1)).toBe(0);
    expect(guest.asking('fd_seek', telling, 1n, 1)).toBe(ERRNO.NOTCAPABLE);
    const neither = guest.open('in.txt', { rights: 0 });
    expect(guest.asking('fd_tell', neither)).toBe(ERRNO.NOTCAPABLE);
    expect(guest.asking('fd_seek', 3, 0n, 1)).toBe(ERRNO.NOTCAPABLE);
    expect(guest.asking('fd_tell', 77)).toBe(ERRNO.BADF);
  });
});

describe('sizes', () => {
  test('shrink, grow with zeros, and are allocated', () => {
    const guest = new TestGuest();
    const fd = guest.open('out', CREATE);
    guest.write(fd, 'abcdef');
    expect(guest.call('fd_filestat_set_size', fd, 2n)).toBe(0);
    expect(guest.call('fd_filestat_set_size', fd, 4n)).toBe(0);
    guest.asking('fd_seek', fd, 0n, 0);
    expect(guest.read(fd)).toBe('ab\0\0');
    expect(guest.call('fd_allocate', fd, 1n, 2n)).toBe(0);
    expect(guest.statOf(fd)).toMatchObject({ size: 4n });
    expect(guest.call('fd_allocate', fd, 4n, 4n)).toBe(0);
    expect(guest.statOf(fd)).toMatchObject({ size: 8n });
    expect(guest.call('fd_allocate', fd, 0n, 0n)).toBe(ERRNO.INVAL);
    expect(guest.call('fd_filestat_set_size', fd, -1n)).toBe(ERRNO.INVAL);
    expect(guest.call('fd_filestat_set_size', 3, 0n)).toBe(ERRNO.NOTCAPABLE);
    expect(guest.call('fd_allocate', 3, 0n, 1n)).toBe(ERRNO.NOTCAPABLE);
  });

  test('of an input cannot change by any call', () => {
    const bytes = utf8('0123456789');
    const guest = new TestGuest({ files: [{ path: 'in.txt', bytes }] });
    expect(guest.open('in.txt', { rights: RIGHT.FD_WRITE })).toBe(-ERRNO.ACCES);
    expect(guest.open('in.txt', { rights: RIGHT.FD_READ, oflags: OFLAG.TRUNC })).toBe(-ERRNO.ACCES);
    const fd = guest.open('in.txt', {
      rights: RIGHT.FD_READ | RIGHT.FD_ALLOCATE | RIGHT.FD_FILESTAT_SET_SIZE,
    });
    expect(guest.call('fd_allocate', fd, 0n, 100n)).toBe(ERRNO.NOTCAPABLE);
    expect(guest.call('fd_filestat_set_size', fd, 0n)).toBe(ERRNO.NOTCAPABLE);
    expect(bytes).toEqual(utf8('0123456789'));
  });

  test('syncing and advice do nothing, if they are allowed', () => {
    const guest = new TestGuest();
    const fd = guest.open('out', CREATE);
    expect(guest.call('fd_sync', fd)).toBe(0);
    expect(guest.call('fd_datasync', fd)).toBe(0);
    expect(guest.call('fd_advise', fd, 0n, 10n, 5)).toBe(0);
    expect(guest.call('fd_advise', fd, 0n, 10n, 6)).toBe(ERRNO.INVAL);
    const without = guest.open('out', { rights: RIGHT.FD_READ });
    expect(guest.call('fd_sync', without)).toBe(ERRNO.NOTCAPABLE);
    expect(guest.call('fd_datasync', without)).toBe(ERRNO.NOTCAPABLE);
    expect(guest.call('fd_advise', without, 0n, 10n, 0)).toBe(ERRNO.NOTCAPABLE);
  });
});
