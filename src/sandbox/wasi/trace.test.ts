import { expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { TestGuest } from './fixtures/test-guest.ts';
import { FDFLAG, OFLAG } from './files/flags.ts';
import { MAX_LAST_TRACE_LINES, MAX_TRACE_LINES } from './limits.ts';
import { Trace } from './trace.ts';

function traced() {
  const lines: string[] = [];
  const trace = new Trace((told) => lines.push(...told));
  const guest = new TestGuest({ files: [{ path: 'in', bytes: utf8('input') }], trace });
  return { guest, trace, lines };
}

test('calls are written down with their paths, flags, sizes and results', () => {
  const { guest, trace, lines } = traced();
  const fd = guest.open('out', { oflags: OFLAG.CREAT | OFLAG.TRUNC, fdflags: FDFLAG.APPEND });
  guest.write(fd, '12345');
  guest.asking('fd_seek', fd, -2n, 2);
  guest.read(fd, 9);
  guest.write(2, 'a fault\n');
  guest.open('missing');
  guest.call('path_rename', 3, ...guest.put('out'), 3, ...guest.put('new'));
  guest.call('path_open', 3, 0, -1, 9, 0, 0n, 0n, 0, 64);
  guest.call('fd_close', fd);
  expect(() => guest.call('proc_exit', 1)).toThrow();
  trace.close();
  expect(lines).toEqual([
    'path_open(3, "out", O_CREAT|O_TRUNC, FDFLAG_APPEND) = 4',
    'fd_write(4, 5 bytes) = 5',
    'fd_seek(4, -2, SEEK_END) = 3',
    'fd_read(4, 9 bytes) = 2',
    'fd_write(2, "a fault\\n") = 8',
    'path_open(3, "missing") = ENOENT',
    'path_rename(3, "out", 3, "new") = 0',
    'path_open(3, ?) = EFAULT',
    'fd_close(4) = 0',
    'proc_exit(1)',
  ]);
});

test('is bounded, says how much it left out, and ends with the last calls', () => {
  const { guest, trace, lines } = traced();
  for (let i = 0; i < MAX_TRACE_LINES + MAX_LAST_TRACE_LINES + 5; i++) guest.call('sched_yield');
  guest.open('missing');
  expect(lines).toHaveLength(MAX_TRACE_LINES);
  trace.close();
  expect(lines).toHaveLength(MAX_TRACE_LINES + 1 + MAX_LAST_TRACE_LINES);
  expect(lines[MAX_TRACE_LINES]).toBe('… 6 more calls …');
  expect(lines.at(-1)).toBe('path_open(3, "missing") = ENOENT');
});

test('leaves nothing out of a run that is a little longer than its beginning', () => {
  const { guest, trace, lines } = traced();
  for (let i = 0; i < MAX_TRACE_LINES + 2; i++) guest.call('sched_yield');
  trace.close();
  expect(lines).toHaveLength(MAX_TRACE_LINES + 2);
});
