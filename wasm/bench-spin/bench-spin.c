// bench-spin ROUNDS: a deterministic amount of work (xorshift64*, Vigna 2016), then 8 bytes of it to stdout.
// The bench asks for as many rounds as make 1, 10, 100 or 1000 ms.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS_PER_CALL = 10000, BAD_ARGUMENTS = 2 };

// Kept a function of its own: an engine puts its optimised code in place between two calls.
__attribute__((noinline)) static uint64_t spin(uint64_t state, int rounds) {
  for (int i = 0; i < rounds; i++) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    state *= 0x2545F4914F6CDD1DULL;
    state |= 1; // never the fixed point zero
  }
  return state;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fputs("usage: bench-spin ROUNDS\n", stderr);
    return BAD_ARGUMENTS;
  }
  uint64_t rounds = strtoull(argv[1], NULL, 10);
  uint64_t state = 88172645463325252ULL;
  for (; rounds > ROUNDS_PER_CALL; rounds -= ROUNDS_PER_CALL) state = spin(state, ROUNDS_PER_CALL);
  state = spin(state, (int)rounds);
  return fwrite(&state, sizeof state, 1, stdout) == 1 ? 0 : 1;
}
