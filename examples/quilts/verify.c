// Checks a quilt by looking at it: the first row must be the one that the task prescribes, no four patches of one colour may
// be the corners of an upright rectangle, and the picture must be drawn from these patches. However it was found is its
// finder's affair.
//
//   verify SIDE COLORS INDEX    out/quilt.txt, out/frame.rgba

#include <stdio.h>
#include <string.h>
#include "quilt.h"

enum { RIGHT = 0, WRONG = 1, NO_ANSWER = 2 };

static size_t read_file(const char *path, void *bytes, size_t limit) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return 0;
  size_t length = fread(bytes, 1, limit, file);
  fclose(file);
  return length;
}

// Reads the patches; 0 when the text is none.
static int read_patches(const Task *task, uint8_t *patches) {
  char text[MAX_SIDE * (MAX_SIDE + 1) + 1];
  const size_t length = task->side * (task->side + 1);
  if (read_file("out/quilt.txt", text, sizeof text) != length) return 0;
  for (uint32_t row = 0; row < task->side; row++) {
    const char *line = text + row * (task->side + 1);
    for (uint32_t column = 0; column < task->side; column++) {
      uint32_t patch = (uint32_t)(uint8_t)line[column] - '0';
      if (patch >= task->colors) return 0;
      patches[row * task->side + column] = (uint8_t)patch;
    }
    if (line[task->side] != '\n') return 0;
  }
  return 1;
}

// Four patches of one colour at the corners of a rectangle, told by its first and last row and column.
static int find_rectangle(const Task *task, const uint8_t *patches) {
  for (uint32_t top = 0; top < task->side; top++)
    for (uint32_t bottom = top + 1; bottom < task->side; bottom++) {
      int seen[MAX_COLORS] = {-1, -1, -1, -1};
      for (uint32_t column = 0; column < task->side; column++) {
        uint8_t color = patches[top * task->side + column];
        if (color != patches[bottom * task->side + column]) continue;
        if (seen[color] >= 0) {
          fprintf(stderr, "rows %u and %u, columns %d and %u have one colour\n", top + 1, bottom + 1, seen[color] + 1,
                  column + 1);
          return 1;
        }
        seen[color] = (int)column;
      }
    }
  return 0;
}

static int wrong(const char *why) {
  fprintf(stderr, "%s\n", why);
  return WRONG;
}

int main(int count, char **args) {
  Task task;
  if (!read_task(count, args, &task)) {
    fputs("verify SIDE COLORS INDEX\n", stderr);
    return NO_ANSWER;
  }
  static uint8_t patches[MAX_SIDE * MAX_SIDE], first[MAX_SIDE];
  static uint8_t expected[PICTURE_BYTES], given[PICTURE_BYTES + 1];
  if (!read_patches(&task, patches)) return wrong("quilt.txt holds no quilt of this size");
  prescribe(&task, first);
  if (memcmp(first, patches, task.side) != 0) return wrong("the first row is not the one of this task");
  if (find_rectangle(&task, patches)) return WRONG;
  draw(&task, patches, expected);
  if (read_file("out/frame.rgba", given, sizeof given) != PICTURE_BYTES || memcmp(given, expected, PICTURE_BYTES) != 0)
    return wrong("the picture is not of this quilt");
  fprintf(stderr, "%u rows, no rectangle\n", task.side);
  return RIGHT;
}
