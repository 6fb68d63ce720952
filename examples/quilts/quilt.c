// Looks for a quilt of SIDE × SIDE patches in COLORS colours in which no four patches of one colour are the corners of an
// upright rectangle, and whose first row is the one that task INDEX prescribes. Writes quilt.txt (the colours as digits,
// row after row) and frame.rgba (its picture). It searches until it has found one.

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "quilt.h"

// Steps of one descent from hot to cold, before it begins anew.
#define STEPS 4000000u
#define HOT 0.6
#define COLD 0.12
// How often the temperature is set.
#define STEPS_PER_TEMPERATURE 1024u

static Task task;
static uint8_t patches[MAX_SIDE * MAX_SIDE];
// In how many rows two columns both have this colour.
static uint8_t shared[MAX_COLORS][MAX_SIDE][MAX_SIDE];

static void count(void) {
  memset(shared, 0, sizeof shared);
  for (uint32_t row = 0; row < task.side; row++) {
    const uint8_t *line = patches + row * task.side;
    for (uint32_t a = 0; a < task.side; a++)
      for (uint32_t b = 0; b < task.side; b++)
        if (a != b && line[a] == line[b]) shared[line[a]][a][b]++;
  }
}

// How many rectangles there are.
static int rectangles(void) {
  int sum = 0;
  for (uint32_t color = 0; color < task.colors; color++)
    for (uint32_t a = 0; a < task.side; a++)
      for (uint32_t b = 0; b < a; b++) sum += shared[color][a][b] * (shared[color][a][b] - 1) / 2;
  return sum;
}

// How many more there would be with another colour for a patch.
static int change(uint32_t row, uint32_t column, uint8_t to) {
  const uint8_t *line = patches + row * task.side;
  const uint8_t from = line[column];
  int sum = 0;
  for (uint32_t other = 0; other < task.side; other++) {
    if (other == column) continue;
    if (line[other] == from) sum -= shared[from][column][other] - 1;
    if (line[other] == to) sum += shared[to][column][other];
  }
  return sum;
}

static void paint(uint32_t row, uint32_t column, uint8_t to) {
  uint8_t *line = patches + row * task.side;
  const uint8_t from = line[column];
  for (uint32_t other = 0; other < task.side; other++) {
    if (other == column) continue;
    if (line[other] == from) shared[from][column][other]--, shared[from][other][column]--;
    if (line[other] == to) shared[to][column][other]++, shared[to][other][column]++;
  }
  line[column] = to;
}

// One descent (simulated annealing); 1 when it ends without a rectangle.
static int descend(uint64_t *state) {
  for (uint32_t i = task.side; i < task.side * task.side; i++) patches[i] = (uint8_t)below(state, task.colors);
  count();
  int left = rectangles();
  double temperature = HOT;
  for (uint32_t step = 0; step < STEPS && left > 0; step++) {
    if (step % STEPS_PER_TEMPERATURE == 0) temperature = HOT * pow(COLD / HOT, (double)step / STEPS);
    uint32_t row = 1 + below(state, task.side - 1), column = below(state, task.side);
    uint8_t from = patches[row * task.side + column];
    uint8_t to = (uint8_t)((from + 1 + below(state, task.colors - 1)) % task.colors);
    int more = change(row, column, to);
    double chance = (double)(next_number(state) >> 11) * 0x1p-53;
    if (more > 0 && chance >= exp(-more / temperature)) continue;
    paint(row, column, to);
    left += more;
  }
  return left == 0;
}

static int write_file(const char *path, const void *bytes, size_t size) {
  FILE *file = fopen(path, "wb");
  return file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0;
}

int main(int count, char **args) {
  if (!read_task(count, args, &task)) {
    fputs("quilt SIDE COLORS INDEX: up to 18 patches a side, 2 to 4 colours\n", stderr);
    return 2;
  }
  prescribe(&task, patches);
  uint64_t state = task.index + 1;
  while (!descend(&state)) {
  }
  char text[MAX_SIDE * (MAX_SIDE + 1)];
  size_t length = 0;
  for (uint32_t i = 0; i < task.side * task.side; i++) {
    text[length++] = (char)('0' + patches[i]);
    if ((i + 1) % task.side == 0) text[length++] = '\n';
  }
  static uint8_t rgba[PICTURE_BYTES];
  draw(&task, patches, rgba);
  if (write_file("quilt.txt", text, length) && write_file("frame.rgba", rgba, sizeof rgba)) return 0;
  fputs("the quilt could not be written\n", stderr);
  return 3;
}
