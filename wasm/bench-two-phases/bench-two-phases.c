// A long preparation, then a long loop of another function over what it made: ROUNDS times four sieves of the primes below
// a million, then ROUNDS times the lengths of the Collatz sequences that begin at them. Each function is called once.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 1000000

static uint8_t marks[LIMIT];

__attribute__((noinline)) static int sieve(int rounds) {
  int count = 0;
  for (int round = 0; round < rounds; round++) {
    memset(marks, 0, LIMIT);
    for (int i = 2; i < LIMIT; i++) {
      if (marks[i]) continue;
      count++;
      for (int64_t j = (int64_t)i * i; j < LIMIT; j += i) marks[j] = 1;
    }
  }
  return count;
}

__attribute__((noinline)) static uint64_t follow(int rounds) {
  uint64_t steps = 0;
  for (int round = 0; round < rounds; round++) {
    for (int i = 2; i < LIMIT; i++) {
      if (marks[i]) continue;
      for (uint64_t x = i; x != 1; steps++) x = x & 1 ? 3 * x + 1 : x >> 1;
    }
  }
  return steps;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  int rounds = (int)strtol(argv[1], NULL, 10);
  int primes = sieve(4 * rounds);
  printf("%d %llu\n", primes, (unsigned long long)follow(rounds));
  return 0;
}
