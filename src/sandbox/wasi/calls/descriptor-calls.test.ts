import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { ERRNO } from '../errno.ts';
import { type Status, TestGuest } from '../fixtures/test-guest.ts';
import { FSTFLAG, OFLAG } from '../files/flags.ts';
import { MAX_DESCRIPTORS } from '../limits.ts';
import { DIRECTORY_RIGHTS, RIGHT } from '../files/rights.ts';

const CREATE = { oflags: OFLAG.CREAT };

function fdstat(guest: TestGuest, fd: number) {
  const at = guest.room(24);
  const errno = guest.call('fd_fdstat_get', fd, at);
  if (errno !== 0) return -errno;
  const view = guest.view(at, 24);
  return {
    type: view.getUint8(0),
    flags: view.getUint16(2, true),
    rights: Number(view.getBigUint64(8, true)),
    inheriting: Number(view.getBigUint64(16, true)),
  };
}

describe('descriptors', () => {
  test('get the lowest free number from 3 on, and are gone when closed', () => {
    const guest = new TestGuest();
    const [a, b] = [guest.open('a', CREATE), guest.open('b', CREATE)];
    expect([a, b]).toEqual([4, 5]);
    expect(guest.call('fd_close', a)).toBe(0);
    expect(guest.call('fd_close', a)).toBe(ERRNO.BADF);
    expect(guest.open('c', CREATE)).toBe(4);
    expect(guest.call('fd_close', 0)).toBe(0);
    expect(guest.open('d', CREATE)).toBe(6);
  });

  test('are bounded, and a file is not made when there is no descriptor for it', () => {
    const guest = new TestGuest();
    for (let fd = 4; fd < MAX_DESCRIPTORS; fd++) expect(guest.open('.', { rights: 0 })).toBe(fd);
    expect(guest.open('new', CREATE)).toBe(-ERRNO.NFILE);
    expect(guest.stat('new')).toBe(-ERRNO.NOENT);
    guest.call('fd_close', 100);
    expect(guest.open('new', CREATE)).toBe(100);
  });

  test('are renumbered onto open ones only', () => {
    const guest = new TestGuest();
    const [a, b] = [guest.open('a', CREATE), guest.open('b', CREATE)];
    guest.write(a, 'of a');
    expect(guest.call('fd_renumber', a, 50)).toBe(ERRNO.BADF);
    expect(guest.call('fd_renumber', 50, b)).toBe(ERRNO.BADF);
    expect(guest.call('fd_renumber', b, b)).toBe(0);
    expect(guest.call('fd_renumber', a, b)).toBe(0);
    expect(guest.statOf(b)).toMatchObject({ size: 4n });
    expect(guest.statOf(a)).toBe(-ERRNO.BADF);
  });

  test('tell what they are', () => {
    const guest = new TestGuest();
    expect(fdstat(guest, 3)).toMatchObject({ type: 3, flags: 0, rights: DIRECTORY_RIGHTS });
    expect(fdstat(guest, guest.open('f', { ...CREATE, rights: RIGHT.FD_READ, fdflags: 5 }))).toEqual({
      type: 4,
      flags: 5,
      rights: RIGHT.FD_READ,
      inheriting: RIGHT.FD_READ,
    });
    // No terminal: that would be a character device that cannot be sought.
    expect(fdstat(guest, 1)).toMatchObject({ type: 4 });
    expect(fdstat(guest, 2)).toMatchObject({ type: 2, rights: expect.any(Number) as number });
    expect((fdstat(guest, 2) as { rights: number }).rights & RIGHT.FD_SEEK).not.toBe(0);
    expect(fdstat(guest, 60)).toBe(-ERRNO.BADF);
    expect(guest.call('fd_fdstat_get', 3, -8)).toBe(ERRNO.FAULT);
  });

  test('lose rights, and never win any', () => {
    const guest = new TestGuest();
    const fd = guest.open('f', { ...CREATE, rights: RIGHT.FD_READ | RIGHT.FD_WRITE });
    expect(guest.call('fd_fdstat_set_rights', fd, BigInt(RIGHT.FD_READ), 0n)).toBe(0);
    expect(guest.write(fd, 'x')).toBe(-ERRNO.NOTCAPABLE);
    expect(guest.call('fd_fdstat_set_rights', fd, BigInt(RIGHT.FD_WRITE), 0n)).toBe(ERRNO.NOTCAPABLE);
    expect(guest.call('fd_fdstat_set_rights', fd, 0n, BigInt(RIGHT.FD_READ))).toBe(ERRNO.NOTCAPABLE);
    expect(guest.call('fd_fdstat_set_flags', fd, 1)).toBe(ERRNO.NOTCAPABLE);
    expect(guest.call('fd_fdstat_set_rights', 70, 0n, 0n)).toBe(ERRNO.BADF);
  });

  test('have times that are set and kept', () => {
    const guest = new TestGuest();
    const fd = guest.open('f', CREATE);
    const before = guest.statOf(fd) as Status;
    expect(guest.call('fd_filestat_set_times', fd, 5n, 7n, FSTFLAG.MTIM)).toBe(0);
    expect(guest.statOf(fd)).toMatchObject({ accessed: before.accessed, modified: 7n });
    expect(guest.call('fd_filestat_set_times', fd, 5n, 7n, FSTFLAG.ATIM | FSTFLAG.MTIM_NOW)).toBe(0);
    const after = guest.statOf(fd) as Status;
    expect(after.accessed).toBe(5n);
    expect(after.modified).toBeGreaterThan(before.modified);
    for (const flags of [3, 12, 16, -1]) {
      expect(guest.call('fd_filestat_set_times', fd, 0n, 0n, flags)).toBe(ERRNO.INVAL);
    }
    const without = guest.open('f', { rights: RIGHT.FD_READ });
    expect(guest.call('fd_filestat_set_times', without, 0n, 0n, 1)).toBe(ERRNO.NOTCAPABLE);
    expect(guest.statOf(without)).toBe(-ERRNO.NOTCAPABLE);
    expect(guest.call('fd_filestat_get', fd, -1)).toBe(ERRNO.FAULT);
  });
});

describe('directories open at the start', () => {
  test('tell their names, and nothing else does', () => {
    const guest = new TestGuest({ preopens: ['a', 'deep/bü'] });
    const at = guest.room(16);
    expect(guest.call('fd_prestat_get', 4, at)).toBe(0);
    expect(guest.view(at, 8).getUint32(4, true)).toBe(8);
    expect(guest.call('fd_prestat_dir_name', 4, at, 8)).toBe(0);
    expect(guest.text(at, 8)).toBe('deep/bü');
    expect(guest.call('fd_prestat_dir_name', 4, at, 7)).toBe(ERRNO.NAMETOOLONG);
    expect(guest.call('fd_prestat_dir_name', 4, -4, 8)).toBe(ERRNO.FAULT);
    expect(guest.call('fd_prestat_get', 5, at)).toBe(ERRNO.BADF);
    expect(guest.call('fd_prestat_get', 1, at)).toBe(ERRNO.BADF);
    expect(guest.call('fd_prestat_dir_name', 5, at, 8)).toBe(ERRNO.BADF);
    expect(guest.open('..', { rights: 0 })).toBe(-ERRNO.NOTCAPABLE);
  });
});

describe('fd_readdir', () => {
  const files = ['b', 'a', 'ü', 'Z'].map((name) => ({ path: `d/${name}`, bytes: utf8(name) }));

  test('lists names sorted, through any buffer', () => {
    const guest = new TestGuest({ files });
    const fd = guest.open('d', { rights: RIGHT.FD_READDIR });
    for (const room of [4_096, 64, 27]) {
      expect(guest.list(fd, room)).toEqual(['.', '..', 'Z', 'a', 'b', 'ü']);
    }
  });

  test('stays at its place when entries come and go', () => {
    const guest = new TestGuest({ files });
    const fd = guest.open('d', { rights: RIGHT.FD_READDIR });
    const at = guest.room(27);
    const next = (cookie: bigint) => {
      expect(guest.asking('fd_readdir', fd, at, 25, cookie)).toBe(0);
      return guest.u32 === 25 ? guest.text(at + 24, 1) : undefined;
    };
    expect(next(0n)).toBe('.');
    expect(next(2n)).toBe('Z');
    expect(guest.at('path_unlink_file', 'd/a')).toBe(0);
    expect(guest.open('d/0', CREATE)).toBeGreaterThan(0);
    expect(next(3n)).toBe('b');
    expect(next(6n)).toBeUndefined();
    expect(next(2n ** 63n)).toBeUndefined();
    expect(guest.list(fd)).toContain('0');
  });

  test('needs the right, a directory and memory', () => {
    const guest = new TestGuest({ files });
    const file = guest.open('d/a', { rights: RIGHT.FD_READDIR });
    expect(guest.asking('fd_readdir', file, 0, 100, 0n)).toBe(ERRNO.NOTDIR);
    const without = guest.open('d', { rights: 0 });
    expect(guest.asking('fd_readdir', without, 0, 100, 0n)).toBe(ERRNO.NOTCAPABLE);
    expect(guest.asking('fd_readdir', 3, -50, 100, 0n)).toBe(ERRNO.FAULT);
    expect(guest.call('fd_readdir', 3, 0, 100, 0n, -1)).toBe(ERRNO.FAULT);
  });
});
