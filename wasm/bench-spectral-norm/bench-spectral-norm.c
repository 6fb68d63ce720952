// The largest singular value of the infinite matrix A(i, j) = 1 / ((i + j)(i + j + 1) / 2 + i + 1), cut to N × N, by ten
// rounds of the power method (the spectral-norm benchmark of the Computer Language Benchmarks Game).
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double entry(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void multiply(int n, const double *from, double *to) {
  for (int i = 0; i < n; i++) {
    double sum = 0;
    for (int j = 0; j < n; j++) sum += entry(i, j) * from[j];
    to[i] = sum;
  }
}

static void multiply_transposed(int n, const double *from, double *to) {
  for (int i = 0; i < n; i++) {
    double sum = 0;
    for (int j = 0; j < n; j++) sum += entry(j, i) * from[j];
    to[i] = sum;
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  int n = (int)strtol(argv[1], NULL, 10);
  if (n < 1) return 2;
  double *u = malloc(n * sizeof(double)), *v = malloc(n * sizeof(double)), *between = malloc(n * sizeof(double));
  if (u == NULL || v == NULL || between == NULL) return 1;
  for (int i = 0; i < n; i++) u[i] = 1;
  for (int round = 0; round < 10; round++) {
    multiply(n, u, between);
    multiply_transposed(n, between, v);
    multiply(n, v, between);
    multiply_transposed(n, between, u);
  }
  double uv = 0, vv = 0;
  for (int i = 0; i < n; i++) {
    uv += u[i] * v[i];
    vv += v[i] * v[i];
  }
  printf("%.9f\n", sqrt(uv / vv));
  return 0;
}
