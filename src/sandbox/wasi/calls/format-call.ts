import { WasiError } from '../errno.ts';
import { FDFLAG, FSTFLAG, OFLAG } from '../files/flags.ts';
import type { GuestMemory } from './guest-memory.ts';

/*
 * How calls are written down. A signature names each parameter, as witx orders them: `n` a number, `i` a signed one,
 * `path` and `vectors` two parameters each, `-` one that is not worth showing, `=n` and `=N` where the result goes
 * (4 and 8 bytes); the rest are sets of flags.
 */
const SIGNATURES: Readonly<Record<string, string>> = {
  args_get: '- -',
  args_sizes_get: '=n -',
  environ_get: '- -',
  environ_sizes_get: '=n -',
  clock_res_get: 'n =N',
  clock_time_get: 'n - =N',
  fd_advise: 'n i i n',
  fd_allocate: 'n i i',
  fd_close: 'n',
  fd_datasync: 'n',
  fd_fdstat_get: 'n -',
  fd_fdstat_set_flags: 'n fdflags',
  fd_fdstat_set_rights: 'n i i',
  fd_filestat_get: 'n -',
  fd_filestat_set_size: 'n i',
  fd_filestat_set_times: 'n i i fstflags',
  fd_pread: 'n vectors i =n',
  fd_prestat_get: 'n -',
  fd_prestat_dir_name: 'n - -',
  fd_pwrite: 'n vectors i =n',
  fd_read: 'n vectors =n',
  fd_readdir: 'n - n i =n',
  fd_renumber: 'n n',
  fd_seek: 'n i whence =N',
  fd_sync: 'n',
  fd_tell: 'n =N',
  fd_write: 'n vectors =n',
  path_create_directory: 'n path',
  path_filestat_get: 'n - path -',
  path_filestat_set_times: 'n - path i i fstflags',
  path_link: 'n - path n path',
  path_open: 'n - path oflags - - fdflags =n',
  path_readlink: 'n path - - =n',
  path_remove_directory: 'n path',
  path_rename: 'n path n path',
  path_symlink: 'path n path',
  path_unlink_file: 'n path',
  poll_oneoff: '- - n =n',
  proc_exit: 'n',
  proc_raise: 'n',
  random_get: '- n',
  sock_accept: 'n - -',
  sock_recv: 'n - - - - -',
  sock_send: 'n - - - -',
  sock_shutdown: 'n -',
};

const FLAG_SETS: Readonly<
  Record<string, readonly [prefix: string, flags: Readonly<Record<string, number>>]>
> = {
  oflags: ['O_', OFLAG],
  fdflags: ['FDFLAG_', FDFLAG],
  fstflags: ['SET_', FSTFLAG],
};
const WHENCES = ['SEEK_SET', 'SEEK_CUR', 'SEEK_END'];
const STDERR = 2;
/** What is printed to standard error is shown this far. */
const SHOWN_CHARS = 200;

/** A call's arguments, to be asked before it runs. */
export function formatArguments(
  name: string,
  given: readonly (number | bigint)[],
  memory: GuestMemory,
): string {
  const shown: string[] = [];
  let i = 0;
  for (const kind of SIGNATURES[name]?.split(' ') ?? []) {
    const value = given[i++] ?? 0;
    if (kind === 'n') shown.push(String(Number(value) >>> 0));
    else if (kind === 'i') shown.push(String(value));
    else if (kind === 'whence') shown.push(WHENCES[Number(value)] ?? String(value));
    else if (kind === 'path') shown.push(quiet(() => quote(memory.path(Number(value), Number(given[i++])))));
    else if (kind === 'vectors') {
      const ranges = () => memory.vectors(Number(value), Number(given[i++]));
      shown.push(quiet(() => formatVectors(ranges(), name === 'fd_write' && given[0] === STDERR)));
    } else if (kind in FLAG_SETS && value !== 0) shown.push(formatFlags(kind, Number(value)));
  }
  return shown.join(', ');
}

/** What a call that succeeded gave. */
export function formatResult(name: string, given: readonly (number | bigint)[], memory: GuestMemory): string {
  let i = 0;
  for (const kind of SIGNATURES[name]?.split(' ') ?? []) {
    const at = Number(given[i]);
    if (kind === '=n') return String(memory.u32(at));
    if (kind === '=N') return String(memory.u64(at));
    i += kind === 'path' || kind === 'vectors' ? 2 : 1;
  }
  return '0';
}

function formatVectors(ranges: readonly Uint8Array[], isShown: boolean): string {
  const bytes = ranges.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (!isShown) return `${bytes} bytes`;
  const decoder = new TextDecoder();
  return quote(ranges.map((range) => decoder.decode(range.subarray(0, SHOWN_CHARS))).join(''));
}

function quote(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text);
}

function formatFlags(kind: string, value: number): string {
  const [prefix, flags] = FLAG_SETS[kind]!;
  const names = Object.entries(flags).filter(([, flag]) => (value & flag) !== 0);
  return names.map(([name]) => `${prefix}${name}`).join('|');
}

/** A pointer that leads nowhere is shown as such: the call itself will say so. */
function quiet(show: () => string): string {
  try {
    return show();
  } catch (error) {
    if (error instanceof WasiError) return '?';
    throw error;
  }
}
