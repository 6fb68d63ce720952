// The Sun and four planets under gravity, one leapfrog step after another (the n-body benchmark of the Computer
// Language Benchmarks Game; masses and positions as published there).
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BODIES = 5 };

static const double PI = 3.141592653589793;
static const double DAYS_PER_YEAR = 365.24;
static const double STEP = 0.01;

typedef struct {
  double position[3], velocity[3], mass;
} Body;

static Body bodies[BODIES] = {
    {{0, 0, 0}, {0, 0, 0}, 1},
    {{4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01},
     {1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05},
     9.54791938424326609e-04},
    {{8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01},
     {-2.76742510726411899e-03, 4.99852801234917238e-03, 2.30417297573763929e-05},
     2.85885980666130812e-04},
    {{1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01},
     {2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05},
     4.36624404335156298e-05},
    {{1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01},
     {2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05},
     5.15138902046611451e-05},
};

static void prepare(void) {
  double momentum[3] = {0, 0, 0};
  for (int i = 0; i < BODIES; i++) {
    for (int k = 0; k < 3; k++) {
      bodies[i].velocity[k] *= i == 0 ? 1 : DAYS_PER_YEAR;
    }
    bodies[i].mass *= 4 * PI * PI;
    for (int k = 0; k < 3; k++) momentum[k] += bodies[i].velocity[k] * bodies[i].mass;
  }
  for (int k = 0; k < 3; k++) bodies[0].velocity[k] = -momentum[k] / bodies[0].mass;
}

static void advance(void) {
  for (int i = 0; i < BODIES; i++) {
    Body *a = &bodies[i];
    for (int j = i + 1; j < BODIES; j++) {
      Body *b = &bodies[j];
      double dx = a->position[0] - b->position[0];
      double dy = a->position[1] - b->position[1];
      double dz = a->position[2] - b->position[2];
      double squared = dx * dx + dy * dy + dz * dz;
      double pull = STEP / (squared * sqrt(squared));
      a->velocity[0] -= dx * b->mass * pull;
      a->velocity[1] -= dy * b->mass * pull;
      a->velocity[2] -= dz * b->mass * pull;
      b->velocity[0] += dx * a->mass * pull;
      b->velocity[1] += dy * a->mass * pull;
      b->velocity[2] += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < BODIES; i++)
    for (int k = 0; k < 3; k++) bodies[i].position[k] += STEP * bodies[i].velocity[k];
}

static double energy(void) {
  double sum = 0;
  for (int i = 0; i < BODIES; i++) {
    const double *v = bodies[i].velocity;
    sum += 0.5 * bodies[i].mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int j = i + 1; j < BODIES; j++) {
      double squared = 0;
      for (int k = 0; k < 3; k++) {
        double d = bodies[i].position[k] - bodies[j].position[k];
        squared += d * d;
      }
      sum -= bodies[i].mass * bodies[j].mass / sqrt(squared);
    }
  }
  return sum;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  prepare();
  printf("%.9f\n", energy());
  for (long left = strtol(argv[1], NULL, 10); left > 0; left--) advance();
  printf("%.9f\n", energy());
  return 0;
}
