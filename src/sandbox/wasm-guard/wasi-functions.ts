import { I32_TYPE, I64_TYPE } from './format/opcodes.ts';

/** The only module a guest may import from. */
export const WASI_MODULE = 'wasi_snapshot_preview1';

/**
 * Every function of WASI preview 1 (WebAssembly/WASI, `preview1/witx/wasi_snapshot_preview1.witx`) with its parameters
 * in the C ABI: `i` is an i32, `I` an i64. All return an errno but `proc_exit`, which returns nothing.
 */
const PARAMETERS = {
  args_get: 'ii',
  args_sizes_get: 'ii',
  environ_get: 'ii',
  environ_sizes_get: 'ii',
  clock_res_get: 'ii',
  clock_time_get: 'iIi',
  fd_advise: 'iIIi',
  fd_allocate: 'iII',
  fd_close: 'i',
  fd_datasync: 'i',
  fd_fdstat_get: 'ii',
  fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'iII',
  fd_filestat_get: 'ii',
  fd_filestat_set_size: 'iI',
  fd_filestat_set_times: 'iIIi',
  fd_pread: 'iiiIi',
  fd_prestat_get: 'ii',
  fd_prestat_dir_name: 'iii',
  fd_pwrite: 'iiiIi',
  fd_read: 'iiii',
  fd_readdir: 'iiiIi',
  fd_renumber: 'ii',
  fd_seek: 'iIii',
  fd_sync: 'i',
  fd_tell: 'ii',
  fd_write: 'iiii',
  path_create_directory: 'iii',
  path_filestat_get: 'iiiii',
  path_filestat_set_times: 'iiiiIIi',
  path_link: 'iiiiiii',
  path_open: 'iiiiiIIii',
  path_readlink: 'iiiiii',
  path_remove_directory: 'iii',
  path_rename: 'iiiiii',
  path_symlink: 'iiiii',
  path_unlink_file: 'iii',
  poll_oneoff: 'iiii',
  proc_exit: 'i',
  proc_raise: 'i',
  sched_yield: '',
  random_get: 'ii',
  sock_accept: 'iii',
  sock_recv: 'iiiiii',
  sock_send: 'iiiii',
  sock_shutdown: 'ii',
};

/** Type of each function as bytes: parameters, then results, each with its count (core specification 5.3.6). */
export const WASI_FUNCTIONS: ReadonlyMap<string, Uint8Array> = new Map(
  Object.entries(PARAMETERS).map(([name, parameters]) => {
    const types = [...parameters].map((letter) => (letter === 'i' ? I32_TYPE : I64_TYPE));
    const results = name === 'proc_exit' ? [] : [I32_TYPE];
    return [name, new Uint8Array([types.length, ...types, results.length, ...results])];
  }),
);
