import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromUtf8 } from '../../base/bytes.ts';
import type { Limits, WasiProgram } from '../../protocol/manifest.ts';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';
import guestUrl from '../fixtures/guests/guest.wasm?url';
import libcUrl from './fixtures/libc.wasm?url';

const blobs = new TestBlobs();
const never = new AbortController().signal;
let sandbox: Sandbox;
let program: WasiProgram;

beforeAll(async () => {
  sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl: '/sandbox.html' });
  const module = await blobs.put(new Uint8Array(await (await fetch(libcUrl)).arrayBuffer()));
  const outputs = ['stdout', 'frames/*.txt', '*'];
  program = { kind: 'wasi', module, args: ['libc'], env: {}, files: {}, outputs };
});
afterAll(() => sandbox[Symbol.asyncDispose]());

function open(limits: Limits = {}) {
  return sandbox.openJob(program.module.cid, manifestOf(program, limits), blobs.read);
}

test("C's own library finds what it expects, and outputs are found by pattern", async () => {
  const job = await open();
  const { exit, outputs } = await job.run(0, { signal: never });
  expect(exit).toEqual({ kind: 'ok' });
  const contents = outputs.map(({ path, bytes }) => [path, fromUtf8(bytes)] as const);
  expect(contents.filter(([path]) => path !== 'stdout')).toEqual([
    ['frames/10.txt', 'frame 10\n'],
    ['frames/7.txt', 'frame 8\n'],
    ['frames/9.txt', 'frame 9\n'],
    ['log', 'onetwo\0\0'],
    ['second', 'frame 9\n'],
  ]);
  const printed = contents.find(([path]) => path === 'stdout')![1];
  expect(printed.trim().split('\n')).toEqual([
    'mkdir("made", 0777): 0',
    'mkdir("made", 0777): File exists',
    'rmdir("made"): 0',
    'rename("frames/8.txt", "frames/7.txt"): 0',
    'symlink("frames/7.txt", "latest"): 0',
    'readlink("latest", text, sizeof text): 12',
    'link("frames/9.txt", "second"): 0',
    'stat("second", &status): 0',
    'links 2, size 8',
    'lstat("latest", &status): 0',
    'symbolic link: 1',
    'open("latest", O_RDONLY | O_NOFOLLOW): Symbolic link loop',
    'open("/../etc/passwd", O_RDONLY): Capabilities insufficient',
    'open("missing/file", O_RDONLY): No such file or directory',
    'frames: . .. 10.txt 7.txt 9.txt',
    'second: Not a directory',
    'rmdir("frames"): Directory not empty',
    'unlink("frames"): Is a directory',
    'write(fd, "one", 3): 3',
    'lseek(fd, 0, SEEK_SET): 0',
    'write(fd, "two", 3): 3',
    'pread(fd, text, 4, 2): 4',
    'etwo',
    'ftruncate(fd, 8): 0',
    'lseek(fd, 0, SEEK_END): 8',
    'lseek(fd, -9, SEEK_CUR): Invalid argument',
    'futimens(fd, times): 0',
    'fstat(fd, &status): 0',
    'times 5 7.000000001',
    'poll(&ready, 1, 1000): 1',
    'close(fd): 0',
    'close(fd): Bad file descriptor',
    'isatty(1): 0',
    'nanosleep(&nap, NULL): 0',
    'slept 86400 s',
  ]);
  await job.close();
});

test('the calls of a run are told to whoever asks, on a fresh and on a warm slot', async () => {
  const job = await open();
  for (let again = 0; again < 2; again++) {
    const lines: string[] = [];
    await job.run(0, { signal: never, onCalls: (told) => lines.push(...told) });
    expect(lines.filter((line) => line.startsWith('path_')).slice(0, 4)).toEqual([
      'path_create_directory(3, "made") = 0',
      'path_create_directory(3, "made") = EEXIST',
      'path_remove_directory(3, "made") = 0',
      'path_open(3, "frames/10.txt", O_CREAT|O_TRUNC) = 4',
    ]);
    expect(lines).toContain('fd_write(2, "done\\n") = 5');
  }
  await job.close();
});

test('a program that hangs has told its calls until then', async () => {
  const guest = await blobs.put(new Uint8Array(await (await fetch(guestUrl)).arrayBuffer()));
  const hanging = { ...program, module: guest, args: ['guest', 'loop'] };
  const job = await sandbox.openJob(guest.cid, manifestOf(hanging, { wallMs: 500 }), blobs.read);
  const lines: string[] = [];
  const { exit } = await job.run(0, { signal: never, onCalls: (told) => lines.push(...told) });
  expect(exit).toMatchObject({ kind: 'timeout' });
  expect(lines).toContain('args_sizes_get() = 2');
  await job.close();
});

test('a program that writes more than it may is told apart from one that is slow', async () => {
  const job = await open({ outputBytes: 20 });
  const { exit, outputs } = await job.run(0, { signal: never });
  expect(exit).toMatchObject({ kind: 'output-limit' });
  expect(outputs).toEqual([]);
  await job.close();
});
