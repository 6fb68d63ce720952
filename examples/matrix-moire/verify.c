// Checks a picture without computing its product again (R. Freivalds, 1977): for a vector x of signs, C · x must be
// L · (w ∘ (Rᵀ · x)), which takes three products of a matrix and a vector. Signs are drawn when the result is here already,
// so nobody can make an error that they happen to hide: each vector lets a wrong row pass with probability 1/2 at most.
// The colours are then computed again from the product.
//
//   verify SIDE WAVES SCALE VECTORS    in/left, in/right, in/lens; out/product.f32, out/frame.rgba

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RIGHT = 0, WRONG = 1, NO_ANSWER = 2 };

// Of the unit roundoff of 32-bit floats: what the sums of an honest device may be off, relative to the sum of magnitudes.
#define BOUND (8.0 * 0x1p-24)
#define MAX_VECTORS 64u
// Shades by which two honest devices may round a colour differently.
#define SHADES 1
#define RANDOM_BYTES 256u

// A whole file of exactly this size; NULL when it is another.
static void *read_file(const char *path, size_t size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  char *bytes = malloc(size + 1);
  size_t length = bytes == NULL ? 0 : fread(bytes, 1, size + 1, file);
  fclose(file);
  return length == size ? bytes : NULL;
}

static uint32_t number(const char *text) {
  char *end;
  unsigned long value = strtoul(text, &end, 10);
  return *end == 0 && text[0] >= '0' && text[0] <= '9' && value <= 8192 ? (uint32_t)value : 0;
}

// `count` signs, +1 or −1, from the random bits of this run.
static int draw_signs(double *signs, size_t count) {
  uint8_t bytes[RANDOM_BYTES];
  for (size_t i = 0; i < count; i++) {
    size_t bit = i % (RANDOM_BYTES * 8);
    if (bit == 0 && getentropy(bytes, RANDOM_BYTES) != 0) return 0;
    signs[i] = bytes[bit / 8] >> (bit % 8) & 1 ? 1.0 : -1.0;
  }
  return 1;
}

// Colours of one entry of the product, as the shader computes them.
static void color_of(double value, double *color) {
  static const double night[3] = {18, 20, 32}, sand[3] = {255, 196, 110}, sea[3] = {60, 150, 190};
  const double strength = fabs(value) / (1 + fabs(value));
  const double *full = value > 0 ? sand : sea;
  for (int i = 0; i < 3; i++) color[i] = floor(night[i] + (full[i] - night[i]) * strength + 0.5);
}

static int check_colors(const float *product, const uint8_t *frame, uint32_t side, double scale) {
  for (size_t i = 0; i < (size_t)side * side; i++) {
    double color[3];
    color_of((double)product[i] * scale, color);
    int is_right = frame[i * 4 + 3] == 255;
    for (int c = 0; c < 3; c++) is_right = is_right && fabs(color[c] - frame[i * 4 + c]) <= SHADES;
    if (is_right) continue;
    fprintf(stderr, "pixel %zu, %zu has not the colour of its number\n", i % side, i / side);
    return WRONG;
  }
  return RIGHT;
}

typedef struct {
  uint32_t side, waves, vectors;
  const float *left, *right, *lens, *product;
} Check;

static int check_product(const Check *check, double *worst) {
  const uint32_t side = check->side, waves = check->waves, n = check->vectors;
  double *signs = malloc(sizeof(double) * side * n);
  double *bent = calloc((size_t)waves * n, sizeof(double));
  if (signs == NULL || bent == NULL || !draw_signs(signs, (size_t)side * n)) {
    fputs("no memory, or no random numbers\n", stderr);
    return NO_ANSWER;
  }
  // w ∘ (Rᵀ · x), for all vectors at once.
  for (uint32_t row = 0; row < side; row++)
    for (uint32_t q = 0; q < waves; q++) {
      const double entry = check->right[(size_t)row * waves + q];
      for (uint32_t v = 0; v < n; v++) bent[(size_t)q * n + v] += entry * signs[(size_t)row * n + v];
    }
  for (uint32_t q = 0; q < waves; q++)
    for (uint32_t v = 0; v < n; v++) bent[(size_t)q * n + v] *= check->lens[q];
  for (uint32_t row = 0; row < side; row++) {
    double residual[MAX_VECTORS] = {0}, magnitude[MAX_VECTORS] = {0};
    for (uint32_t q = 0; q < waves; q++) {
      const double entry = check->left[(size_t)row * waves + q];
      for (uint32_t v = 0; v < n; v++) {
        const double term = entry * bent[(size_t)q * n + v];
        residual[v] += term;
        magnitude[v] += fabs(term);
      }
    }
    for (uint32_t column = 0; column < side; column++) {
      const double entry = check->product[(size_t)row * side + column];
      for (uint32_t v = 0; v < n; v++) residual[v] -= entry * signs[(size_t)column * n + v];
    }
    for (uint32_t v = 0; v < n; v++) {
      // Also false for what is no number.
      if (fabs(residual[v]) <= BOUND * magnitude[v]) {
        if (magnitude[v] > 0) *worst = fmax(*worst, fabs(residual[v]) / (0x1p-24 * magnitude[v]));
        continue;
      }
      fprintf(stderr, "row %u of the product is off by %.3g; rounding explains %.3g\n", row, fabs(residual[v]),
              BOUND * magnitude[v]);
      return WRONG;
    }
  }
  return RIGHT;
}

int main(int count, char **args) {
  const uint32_t side = count == 5 ? number(args[1]) : 0, waves = count == 5 ? number(args[2]) : 0;
  const double scale = count == 5 ? strtod(args[3], NULL) : 0;
  const uint32_t vectors = count == 5 ? number(args[4]) : 0;
  if (side == 0 || waves == 0 || !(scale > 0) || vectors == 0 || vectors > MAX_VECTORS) {
    fputs("verify SIDE WAVES SCALE VECTORS\n", stderr);
    return NO_ANSWER;
  }
  const size_t matrix = sizeof(float) * side * waves, picture = sizeof(float) * side * side;
  Check check = {side, waves, vectors, read_file("in/left", matrix), read_file("in/right", matrix),
                 read_file("in/lens", sizeof(float) * waves), read_file("out/product.f32", picture)};
  const uint8_t *frame = read_file("out/frame.rgba", picture);
  if (check.left == NULL || check.right == NULL || check.lens == NULL) {
    fputs("the inputs are not there, or have another size\n", stderr);
    return NO_ANSWER;
  }
  if (check.product == NULL || frame == NULL) {
    fputs("an output is missing, or has another size\n", stderr);
    return WRONG;
  }
  double worst = 0;
  int answer = check_product(&check, &worst);
  if (answer == RIGHT) answer = check_colors(check.product, frame, side, scale);
  if (answer == RIGHT)
    fprintf(stderr, "%u vectors; the largest error is %.2f of the 8 units that rounding explains\n", vectors, worst);
  return answer;
}
