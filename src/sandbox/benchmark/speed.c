/*
 * The reference load of kind `wasi`: integer mixing, double arithmetic and memory traffic in 64 KiB, in many short
 * calls, because an engine optimises a function only between its calls. Built by build.sh to speed.wasm.
 */
static unsigned int cells[16384];
static double sum;

__attribute__((noinline)) static void turn(unsigned int seed) {
  unsigned int x = seed | 1u;
  double y = sum;
  for (int i = 0; i < 16384; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    unsigned int at = x & 16383u;
    cells[at] += x + (unsigned int)i;
    y = y * 0.999 + (double)(cells[i] & 1023u) * 0.001;
  }
  sum = y;
}

__attribute__((export_name("_start"))) void start(void) {
  for (unsigned int i = 0; i < 200; i++) turn(i * 2654435761u);
  if (sum < 0.0) __builtin_trap();
}
