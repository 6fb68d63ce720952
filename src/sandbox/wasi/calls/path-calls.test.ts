import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { ERRNO } from '../errno.ts';
import { type Status, TestGuest } from '../fixtures/test-guest.ts';
import { FSTFLAG, OFLAG } from '../files/flags.ts';
import { ALL_RIGHTS, RIGHT } from '../files/rights.ts';

const CREATE = { oflags: OFLAG.CREAT };
const files = [
  { path: 'in.txt', bytes: utf8('input') },
  { path: 'd/deep/file', bytes: utf8('deep') },
];

function guestWithLinks(): TestGuest {
  const guest = new TestGuest({ files });
  for (const [target, name] of [
    ['in.txt', 'to-file'],
    ['d', 'to-dir'],
    ['nowhere', 'dangling'],
    ['loop', 'loop'],
    ['../in.txt', 'd/up'],
    ['../../in.txt', 'd/out'],
    ['d/', 'slashed'],
    ['in.txt/', 'file-slashed'],
  ] as const) {
    expect(symlink(guest, target, name)).toBe(0);
  }
  return guest;
}

function symlink(guest: TestGuest, target: string, name: string): number {
  return guest.call('path_symlink', ...guest.put(target), 3, ...guest.put(name));
}

function rename(guest: TestGuest, from: string, to: string): number {
  return guest.call('path_rename', 3, ...guest.put(from), 3, ...guest.put(to));
}

function link(guest: TestGuest, from: string, to: string, lookup = 0): number {
  return guest.call('path_link', 3, lookup, ...guest.put(from), 3, ...guest.put(to));
}

describe('path_open', () => {
  test('opens, creates, empties and refuses to create twice', () => {
    const guest = new TestGuest({ files });
    expect(guest.open('missing')).toBe(-ERRNO.NOENT);
    const fd = guest.open('new', CREATE);
    guest.write(fd, 'content');
    expect(guest.open('new', { oflags: OFLAG.CREAT | OFLAG.EXCL })).toBe(-ERRNO.EXIST);
    expect(guest.open('new', CREATE)).toBeGreaterThan(0);
    expect(guest.stat('new')).toMatchObject({ size: 7n });
    expect(guest.open('new', { oflags: OFLAG.TRUNC })).toBeGreaterThan(0);
    expect(guest.stat('new')).toMatchObject({ size: 0n });
    expect(guest.read(fd)).toBe('');
  });

  test('knows directories from files', () => {
    const guest = new TestGuest({ files });
    const reading = { rights: RIGHT.FD_READ };
    expect(guest.open('d', { oflags: OFLAG.DIRECTORY, ...reading })).toBeGreaterThan(0);
    expect(guest.open('in.txt', { oflags: OFLAG.DIRECTORY, ...reading })).toBe(-ERRNO.NOTDIR);
    expect(guest.open('in.txt/', reading)).toBe(-ERRNO.NOTDIR);
    expect(guest.open('in.txt/.', reading)).toBe(-ERRNO.NOTDIR);
    expect(guest.open('in.txt/x', reading)).toBe(-ERRNO.NOTDIR);
    expect(guest.open('d', { rights: RIGHT.FD_READ | RIGHT.FD_WRITE })).toBe(-ERRNO.ISDIR);
    expect(guest.open('d', { oflags: OFLAG.TRUNC, ...reading })).toBe(-ERRNO.ISDIR);
    expect(guest.open('d', { oflags: OFLAG.CREAT, ...reading })).toBe(-ERRNO.ISDIR);
    expect(guest.open('new/', { oflags: OFLAG.CREAT, ...reading })).toBe(-ERRNO.ISDIR);
    expect(guest.open('x', { oflags: OFLAG.CREAT | OFLAG.DIRECTORY, ...reading })).toBe(-ERRNO.INVAL);
    expect(guest.open('d/./../d//deep/', reading)).toBeGreaterThan(0);
  });

  test('follows symbolic links when asked, and none into the open', () => {
    const guest = guestWithLinks();
    const reading = { rights: RIGHT.FD_READ };
    const follow = { ...reading, follow: true };
    expect(guest.open('to-file', reading)).toBe(-ERRNO.LOOP);
    expect(guest.read(guest.open('to-file', follow))).toBe('input');
    expect(guest.read(guest.open('to-dir/deep/file', reading))).toBe('deep');
    expect(guest.read(guest.open('d/up', follow))).toBe('input');
    expect(guest.open('d/out', follow)).toBe(-ERRNO.NOTCAPABLE);
    expect(guest.open('to-dir/', reading)).toBeGreaterThan(0);
    expect(guest.open('slashed', follow)).toBeGreaterThan(0);
    expect(guest.open('file-slashed', follow)).toBe(-ERRNO.NOTDIR);
    expect(guest.open('loop', follow)).toBe(-ERRNO.LOOP);
    expect(guest.open('loop/x', reading)).toBe(-ERRNO.LOOP);
    expect(guest.open('dangling', follow)).toBe(-ERRNO.NOENT);
    expect(guest.open('dangling', { oflags: OFLAG.CREAT | OFLAG.EXCL, follow: true })).toBe(-ERRNO.EXIST);
    expect(guest.open('dangling', { ...CREATE, follow: true })).toBeGreaterThan(0);
    expect(guest.stat('nowhere')).toMatchObject({ type: 4 });
    // From below, a link to above leads out.
    const below = guest.open('d', { rights: 0, inheriting: 0 });
    expect(below).toBeGreaterThan(0);
  });

  test('never leaves the directory that it starts from', () => {
    const guest = guestWithLinks();
    const rights = RIGHT.PATH_OPEN | RIGHT.FD_READ;
    const from = guest.open('d', { rights });
    expect(guest.open('/in.txt', { rights })).toBe(-ERRNO.NOTCAPABLE);
    expect(guest.open('..', { rights, from })).toBe(-ERRNO.NOTCAPABLE);
    expect(guest.open('deep/../../in.txt', { rights, from })).toBe(-ERRNO.NOTCAPABLE);
    expect(guest.open('up', { rights, from, follow: true })).toBe(-ERRNO.NOTCAPABLE);
    expect(guest.open('deep/../deep/file', { rights, from })).toBeGreaterThan(0);
  });

  test('gives no right that the directory does not pass on', () => {
    const guest = new TestGuest({ files });
    const from = guest.open('d', { rights: RIGHT.PATH_OPEN, inheriting: RIGHT.FD_READ });
    expect(guest.open('deep/file', { from, rights: RIGHT.FD_READ })).toBeGreaterThan(0);
    expect(guest.open('deep/file', { from, rights: RIGHT.FD_READ | RIGHT.FD_SEEK })).toBe(-ERRNO.NOTCAPABLE);
    expect(guest.open('deep/file', { from, rights: 0, inheriting: RIGHT.FD_SEEK })).toBe(-ERRNO.NOTCAPABLE);
    expect(guest.open('x', { from, rights: 0, ...CREATE })).toBe(-ERRNO.NOTCAPABLE);
    expect(guest.open('deep/file', { from, rights: 0, oflags: OFLAG.TRUNC })).toBe(-ERRNO.NOTCAPABLE);
    const closed = guest.open('d', { rights: 0, inheriting: 0 });
    expect(guest.open('deep', { from: closed, rights: 0 })).toBe(-ERRNO.NOTCAPABLE);
    const file = guest.open('in.txt', { rights: RIGHT.FD_READ });
    expect(guest.open('x', { from: file, rights: 0 })).toBe(-ERRNO.NOTDIR);
    expect(guest.open('x', { from: 90, rights: 0 })).toBe(-ERRNO.BADF);
  });

  test('refuses bad paths, flags and addresses', () => {
    const guest = new TestGuest();
    const open = (path: string | Uint8Array, oflags = 0, fdflags = 0, at = 64) =>
      guest.call('path_open', 3, 0, ...guest.put(path), oflags, 0n, 0n, fdflags, at);
    expect(open('')).toBe(ERRNO.NOENT);
    expect(open('a\0b')).toBe(ERRNO.INVAL);
    expect(open(new Uint8Array([0x61, 0xff]))).toBe(ERRNO.ILSEQ);
    expect(open('x'.repeat(256))).toBe(ERRNO.NAMETOOLONG);
    expect(open('ü'.repeat(128))).toBe(ERRNO.NAMETOOLONG);
    expect(open('ü'.repeat(127), OFLAG.CREAT)).toBe(0);
    expect(open('x/'.repeat(2_049))).toBe(ERRNO.NAMETOOLONG);
    expect(open('a', 16)).toBe(ERRNO.INVAL);
    expect(open('a', 0, 32)).toBe(ERRNO.INVAL);
    expect(open('a', OFLAG.CREAT, 0, -2)).toBe(ERRNO.FAULT);
    expect(guest.stat('a')).toBe(-ERRNO.NOENT);
    expect(guest.call('path_open', 3, 0, -4, 8, 0, 0n, 0n, 0, 64)).toBe(ERRNO.FAULT);
  });
});

describe('directories', () => {
  test('are made and removed when they are empty', () => {
    const guest = guestWithLinks();
    expect(guest.at('path_create_directory', 'new')).toBe(0);
    expect(guest.at('path_create_directory', 'new')).toBe(ERRNO.EXIST);
    expect(guest.at('path_create_directory', 'in.txt')).toBe(ERRNO.EXIST);
    expect(guest.at('path_create_directory', '.')).toBe(ERRNO.EXIST);
    expect(guest.at('path_create_directory', 'no/new')).toBe(ERRNO.NOENT);
    expect(guest.at('path_create_directory', 'new/sub/')).toBe(0);
    expect(guest.at('path_remove_directory', 'new')).toBe(ERRNO.NOTEMPTY);
    expect(guest.at('path_remove_directory', 'new/sub/')).toBe(0);
    expect(guest.at('path_remove_directory', 'new/.')).toBe(ERRNO.INVAL);
    expect(guest.at('path_remove_directory', 'new')).toBe(0);
    expect(guest.at('path_remove_directory', 'new')).toBe(ERRNO.NOENT);
    expect(guest.at('path_remove_directory', 'in.txt')).toBe(ERRNO.NOTDIR);
    expect(guest.at('path_remove_directory', 'to-dir')).toBe(ERRNO.NOTDIR);
    expect(guest.at('path_remove_directory', 'to-dir/')).toBe(ERRNO.NOTDIR);
    expect(guest.at('path_remove_directory', '.')).toBe(ERRNO.INVAL);
    expect(guest.at('path_remove_directory', '..')).toBe(ERRNO.NOTCAPABLE);
  });

  test('that were removed take nothing new', () => {
    const guest = new TestGuest();
    guest.at('path_create_directory', 'gone');
    const from = guest.open('gone', { rights: ALL_RIGHTS & ~RIGHT.FD_WRITE });
    guest.at('path_remove_directory', 'gone');
    expect(guest.open('new', { from, rights: 0, ...CREATE })).toBe(-ERRNO.NOENT);
    expect(guest.list(from)).toEqual(['.', '..']);
    const source = guest.open('file', CREATE);
    expect(source).toBeGreaterThan(0);
    expect(guest.call('path_rename', 3, ...guest.put('file'), from, ...guest.put('x'))).toBe(ERRNO.NOENT);
  });
});

describe('names', () => {
  test('are unlinked; an open file lives on', () => {
    const guest = guestWithLinks();
    const fd = guest.open('new', CREATE);
    guest.write(fd, 'kept');
    expect(guest.at('path_unlink_file', 'new/')).toBe(ERRNO.NOTDIR);
    expect(guest.at('path_unlink_file', 'new')).toBe(0);
    expect(guest.at('path_unlink_file', 'new')).toBe(ERRNO.NOENT);
    guest.asking('fd_seek', fd, 0n, 0);
    expect(guest.read(fd)).toBe('kept');
    expect(guest.statOf(fd)).toMatchObject({ links: 0n });
    expect(guest.at('path_unlink_file', 'd')).toBe(ERRNO.ISDIR);
    expect(guest.at('path_unlink_file', 'd/')).toBe(ERRNO.ISDIR);
    expect(guest.at('path_unlink_file', 'to-file')).toBe(0);
    expect(guest.stat('in.txt')).toMatchObject({ size: 5n });
  });

  test('are linked: one file, two names', () => {
    const guest = guestWithLinks();
    expect(link(guest, 'in.txt', 'second')).toBe(0);
    const one = guest.stat('in.txt') as Status;
    expect(guest.stat('second')).toEqual(one);
    expect(one.links).toBe(2n);
    expect(link(guest, 'in.txt', 'second')).toBe(ERRNO.EXIST);
    expect(link(guest, 'in.txt', 'third/')).toBe(ERRNO.NOENT);
    expect(link(guest, 'd', 'third')).toBe(ERRNO.PERM);
    expect(link(guest, 'missing', 'third')).toBe(ERRNO.NOENT);
    expect(link(guest, 'dangling', 'third', 1)).toBe(ERRNO.NOENT);
    expect(link(guest, 'dangling', 'third')).toBe(0);
    expect(guest.stat('third')).toMatchObject({ type: 7 });
    expect(link(guest, 'to-file', 'fourth', 1)).toBe(0);
    expect(guest.stat('fourth')).toMatchObject({ type: 4, links: 3n });
  });

  test('are given anew', () => {
    const guest = guestWithLinks();
    const before = guest.stat('in.txt') as Status;
    expect(rename(guest, 'in.txt', 'd/moved')).toBe(0);
    expect(guest.stat('in.txt')).toBe(-ERRNO.NOENT);
    expect(guest.stat('d/moved')).toMatchObject({ inode: before.inode, links: 1n });
    expect(rename(guest, 'd', 'e')).toBe(0);
    expect(guest.stat('e/moved')).toMatchObject({ inode: before.inode });
    expect(rename(guest, 'e/moved', 'e/deep/file')).toBe(0);
    expect(guest.stat('e/deep/file')).toMatchObject({ inode: before.inode });
    expect(rename(guest, 'e/deep/file', 'e/deep/file')).toBe(0);
    expect(rename(guest, 'missing', 'x')).toBe(ERRNO.NOENT);
    expect(rename(guest, 'e', 'e/deep/inside')).toBe(ERRNO.INVAL);
    expect(rename(guest, 'e/deep', '.')).toBe(ERRNO.BUSY);
    expect(rename(guest, '.', 'x')).toBe(ERRNO.BUSY);
    guest.at('path_create_directory', 'empty');
    expect(rename(guest, 'e/deep/file', 'empty')).toBe(ERRNO.ISDIR);
    expect(rename(guest, 'e/deep/file', 'x/')).toBe(ERRNO.NOTDIR);
    expect(rename(guest, 'e/deep/file/', 'x')).toBe(ERRNO.NOTDIR);
    expect(rename(guest, 'empty', 'e')).toBe(ERRNO.NOTEMPTY);
    expect(rename(guest, 'empty', 'e/deep/file')).toBe(ERRNO.NOTDIR);
    expect(rename(guest, 'e/', 'empty/')).toBe(0);
    expect(guest.stat('empty/deep/file')).toMatchObject({ inode: before.inode });
  });

  test('of symbolic links lead where they say, not outside', () => {
    const guest = guestWithLinks();
    const at = guest.room(16);
    expect(guest.at('path_readlink', 'to-file', at, 16, 64)).toBe(0);
    expect(guest.text(at, guest.u32)).toBe('in.txt');
    expect(guest.at('path_readlink', 'to-file', at, 3, 64)).toBe(0);
    expect(guest.u32).toBe(3);
    expect(guest.at('path_readlink', 'in.txt', at, 16, 64)).toBe(ERRNO.INVAL);
    expect(guest.at('path_readlink', 'missing', at, 16, 64)).toBe(ERRNO.NOENT);
    expect(guest.at('path_readlink', 'to-file', -4, 16, 64)).toBe(ERRNO.FAULT);
    expect(symlink(guest, '/in.txt', 'absolute')).toBe(ERRNO.NOTCAPABLE);
    expect(symlink(guest, '', 'nothing')).toBe(ERRNO.NOENT);
    expect(symlink(guest, 'x', 'to-file')).toBe(ERRNO.EXIST);
    expect(symlink(guest, 'x', 'new/')).toBe(ERRNO.NOENT);
    expect(symlink(guest, 'x', 'in.txt/')).toBe(ERRNO.NOTDIR);
  });

  test('have a status, of the link or of what it leads to', () => {
    const guest = guestWithLinks();
    expect(guest.stat('to-file')).toMatchObject({ type: 7, size: 6n });
    expect(guest.stat('to-file', true)).toMatchObject({ type: 4, size: 5n });
    expect(guest.stat('to-dir/')).toMatchObject({ type: 3 });
    expect(guest.stat('in.txt/')).toBe(-ERRNO.NOTDIR);
    expect(guest.stat('.')).toMatchObject({ type: 3, inode: 1n });
    const set = (path: string, flags: number, lookup = 0) =>
      guest.call('path_filestat_set_times', 3, lookup, ...guest.put(path), 1n, 2n, flags);
    expect(set('to-file', FSTFLAG.MTIM)).toBe(0);
    expect(guest.stat('to-file')).toMatchObject({ modified: 2n });
    expect(guest.stat('in.txt')).not.toMatchObject({ modified: 2n });
    expect(set('to-file', FSTFLAG.ATIM, 1)).toBe(0);
    expect(guest.stat('in.txt')).toMatchObject({ accessed: 1n });
    expect(set('in.txt', 3)).toBe(ERRNO.INVAL);
    expect(set('missing', 1)).toBe(ERRNO.NOENT);
    expect(guest.call('path_filestat_get', 3, 0, ...guest.put('in.txt'), -8)).toBe(ERRNO.FAULT);
  });

  test('each change needs its right', () => {
    const guest = guestWithLinks();
    const from = guest.open('.', { rights: 0, inheriting: 0 });
    const [a, b] = [guest.put('in.txt'), guest.put('other')];
    const calls: [string, ...(number | bigint)[]][] = [
      ['path_create_directory', from, ...b],
      ['path_remove_directory', from, ...b],
      ['path_unlink_file', from, ...a],
      ['path_link', from, 0, ...a, 3, ...b],
      ['path_link', 3, 0, ...a, from, ...b],
      ['path_rename', from, ...a, 3, ...b],
      ['path_rename', 3, ...a, from, ...b],
      ['path_symlink', ...a, from, ...b],
      ['path_readlink', from, ...a, 0, 0, 64],
      ['path_filestat_get', from, 0, ...a, 512],
      ['path_filestat_set_times', from, 0, ...a, 0n, 0n, 1],
    ];
    for (const [name, ...given] of calls)
      expect([name, guest.call(name, ...given)]).toEqual([name, ERRNO.NOTCAPABLE]);
  });
});
