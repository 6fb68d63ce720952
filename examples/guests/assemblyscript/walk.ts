// walk STEPS: a walk on the grid. Prints steps, where it ended, the furthest it was from home, and the clock it saw.
// Every task walks another way, and the same task walks the same way on every device: random_get is seeded by job and
// task. AssemblyScript knows nothing of WASI; the five calls that are needed are declared here.

@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, parts: usize, count: i32, written: usize): i32;
@external("wasi_snapshot_preview1", "args_sizes_get")
declare function args_sizes_get(count: usize, bytes: usize): i32;
@external("wasi_snapshot_preview1", "args_get")
declare function args_get(starts: usize, text: usize): i32;
@external("wasi_snapshot_preview1", "random_get")
declare function random_get(at: usize, bytes: i32): i32;
@external("wasi_snapshot_preview1", "clock_time_get")
declare function clock_time_get(clock: i32, precision: u64, time: usize): i32;
@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(code: i32): void;

const POOL_BYTES: i32 = 4096;
const NANOSECONDS: u64 = 1_000_000;
const pool = memory.data(4096);
let poolAt: i32 = POOL_BYTES;

/** Two random bits; the pool is filled anew every 4,096 steps, because a call for each would be slow. */
function direction(): i32 {
  if (poolAt == POOL_BYTES) {
    random_get(pool, POOL_BYTES);
    poolAt = 0;
  }
  return load<u8>(pool + poolAt++) & 3;
}

function print(fd: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  const part = memory.data(8);
  store<usize>(part, changetype<usize>(bytes));
  store<i32>(part + 4, bytes.byteLength);
  fd_write(fd, part, 1, memory.data(4));
}

function firstArgument(): i32 {
  const count = memory.data(4);
  const bytes = memory.data(4);
  args_sizes_get(count, bytes);
  if (load<i32>(count) != 2) return 0;
  const starts = heap.alloc(8);
  const text = heap.alloc(load<i32>(bytes));
  args_get(starts, text);
  return I32.parseInt(String.UTF8.decodeUnsafe(load<usize>(starts + 4), load<i32>(bytes), true));
}

export function _start(): void {
  const steps = firstArgument();
  if (steps <= 0) {
    print(2, "walk STEPS\n");
    proc_exit(2);
  }
  let x = 0;
  let y = 0;
  let furthest: i64 = 0;
  for (let i = 0; i < steps; i++) {
    const way = direction();
    if (way < 2) x += way * 2 - 1;
    else y += way * 2 - 5;
    const square = <i64>x * x + <i64>y * y;
    if (square > furthest) furthest = square;
  }
  const clock = memory.data(8);
  clock_time_get(0, 0, clock);
  const distance = Math.sqrt(<f64>furthest);
  const milliseconds = load<u64>(clock) / NANOSECONDS;
  print(1, `${steps},${x},${y},${distance},${milliseconds}\n`);
}
