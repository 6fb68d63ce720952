// Sweeps the parameter rho of the Lorenz system x' = s(y - x), y' = x(rho - z) - y, z' = xy - bz with s = 10, b = 8/3.
// For each value it prints rows "rho,z_max,z_max/rho,lyapunov": one row per local maximum of z once the transient has died away,
// and in each of them the largest Lyapunov exponent for that rho. See README.md for the method and its sources.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARGUMENTS = 8, STEPS_PER_CALL = 1000, BAD_ARGUMENTS = 2 };

static const double SIGMA = 10.0;
static const double BETA = 8.0 / 3.0;
static const double STEP = 0.001; // time units; halving it changes no digit that is printed of a stable orbit

typedef struct {
  double x, y, z;    // the state
  double dx, dy, dz; // a tangent vector, carried along by the linearised flow
} State;

typedef struct {
  double rho;
  double sum_log;    // logarithms of the growth of the tangent vector
  double *maxima;    // NULL while the transient dies away
  int count, limit;
} Run;

static State slope(State s, double rho) {
  return (State){
      .x = SIGMA * (s.y - s.x),
      .y = s.x * (rho - s.z) - s.y,
      .z = s.x * s.y - BETA * s.z,
      .dx = SIGMA * (s.dy - s.dx),
      .dy = (rho - s.z) * s.dx - s.dy - s.x * s.dz,
      .dz = s.y * s.dx + s.x * s.dy - BETA * s.dz,
  };
}

static State moved(State s, State k, double h) {
  return (State){s.x + h * k.x,   s.y + h * k.y,   s.z + h * k.z,
                 s.dx + h * k.dx, s.dy + h * k.dy, s.dz + h * k.dz};
}

static State rk4(State s, State k1, double rho) {
  const State k2 = slope(moved(s, k1, STEP / 2), rho);
  const State k3 = slope(moved(s, k2, STEP / 2), rho);
  const State k4 = slope(moved(s, k3, STEP), rho);
  s = moved(s, k1, STEP / 6);
  s = moved(s, k2, STEP / 3);
  s = moved(s, k3, STEP / 3);
  return moved(s, k4, STEP / 6);
}

// z' turned from v0 > 0 to v1 <= 0 within a step: the top of the cubic through both values and slopes, found where
// the linear interpolation of z' is zero.
static double top(double z0, double v0, double z1, double v1) {
  const double t = v0 / (v0 - v1);
  const double h00 = (1 + 2 * t) * (1 - t) * (1 - t), h10 = t * (1 - t) * (1 - t);
  const double h01 = t * t * (3 - 2 * t), h11 = t * t * (t - 1);
  return h00 * z0 + h10 * STEP * v0 + h01 * z1 + h11 * STEP * v1;
}

// A thousand steps. Kept a function of its own: an engine puts its optimised code in place between two calls.
__attribute__((noinline)) static State advance(State s, Run *run) {
  State k = slope(s, run->rho);
  for (int i = 0; i < STEPS_PER_CALL; i++) {
    const State next = rk4(s, k, run->rho);
    const State next_slope = slope(next, run->rho);
    if (run->maxima && k.z > 0 && next_slope.z <= 0 && run->count < run->limit)
      run->maxima[run->count++] = top(s.z, k.z, next.z, next_slope.z);
    s = next;
    k = next_slope;
  }
  const double length = sqrt(s.dx * s.dx + s.dy * s.dy + s.dz * s.dz);
  run->sum_log += log(length);
  s.dx /= length;
  s.dy /= length;
  s.dz /= length;
  return s;
}

static void sweep_one(double rho, int transient, int time, double *maxima, int limit) {
  State s = {.x = 1, .y = 1, .z = rho - 1, .dx = 1};
  Run run = {.rho = rho, .limit = limit};
  for (int i = 0; i < transient; i++) s = advance(s, &run);
  run.maxima = maxima;
  run.sum_log = 0;
  for (int i = 0; i < time; i++) s = advance(s, &run);
  for (int i = 0; i < run.count; i++)
    printf("%.6f,%.5f,%.6f,%.5f\n", rho, maxima[i], maxima[i] / rho, run.sum_log / time);
}

int main(int argc, char **argv) {
  if (argc != ARGUMENTS + 1) {
    fputs("usage: lorenz-sweep FIRST END COUNT FROM TO TRANSIENT TIME MAXIMA\n"
          "  values FIRST to END (excluded) of COUNT, evenly spaced from rho = FROM to TO;\n"
          "  TRANSIENT and TIME in whole time units; at most MAXIMA rows for each value\n",
          stderr);
    return BAD_ARGUMENTS;
  }
  const int first = atoi(argv[1]), end = atoi(argv[2]), count = atoi(argv[3]);
  const double from = atof(argv[4]), to = atof(argv[5]);
  const int transient = atoi(argv[6]), time = atoi(argv[7]), limit = atoi(argv[8]);
  if (first < 0 || end > count || first > end || count < 2 || transient < 0 || time < 1 || limit < 1 || limit > 100000) {
    fputs("lorenz-sweep: need 0 <= FIRST <= END <= COUNT, COUNT > 1, TIME > 0, 0 < MAXIMA <= 100000\n", stderr);
    return BAD_ARGUMENTS;
  }
  double *maxima = malloc((size_t)limit * sizeof *maxima);
  for (int i = first; i < end; i++) sweep_one(from + (to - from) * i / (count - 1), transient, time, maxima, limit);
  free(maxima);
  return 0;
}
