// C = A · B for N × N matrices of float, ROUNDS times, row by row so that the innermost loop runs along rows of B and C:
// scalar in bench-gemm.wasm, four floats at once in bench-gemm-simd.wasm (the compiler's own vectors, -msimd128).
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void multiply(int n, const float *restrict a, const float *restrict b, float *restrict c) {
  memset(c, 0, (size_t)n * n * sizeof(float));
  for (int i = 0; i < n; i++) {
    for (int k = 0; k < n; k++) {
      float factor = a[i * n + k];
      for (int j = 0; j < n; j++) c[i * n + j] += factor * b[k * n + j];
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int n = (int)strtol(argv[1], NULL, 10);
  int rounds = (int)strtol(argv[2], NULL, 10);
  if (n < 1) return 2;
  size_t entries = (size_t)n * n;
  float *a = malloc(entries * sizeof(float)), *b = malloc(entries * sizeof(float)), *c = malloc(entries * sizeof(float));
  if (a == NULL || b == NULL || c == NULL) return 1;
  // Small whole numbers: every product and sum is exact, so scalar and vectors agree to the bit.
  for (size_t i = 0; i < entries; i++) {
    a[i] = (float)(i * 7 % 13);
    b[i] = (float)(i * 5 % 11);
  }
  for (int round = 0; round < rounds; round++) {
    multiply(n, a, b, c);
    a[round % entries] += 1;
  }
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < entries; i++) {
    uint32_t bits;
    memcpy(&bits, &c[i], sizeof bits);
    hash = (hash ^ bits) * 16777619u;
  }
  printf("%08x\n", hash);
  return 0;
}
