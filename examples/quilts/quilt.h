// What the search and its verifier share: the task of a quilt, and its picture.

#ifndef QUILT_H
#define QUILT_H

#include <stdint.h>
#include <stdlib.h>

#define MAX_SIDE 18
#define MAX_COLORS 4
// Pixels along each side of the picture.
#define PICTURE 360
#define PICTURE_BYTES (PICTURE * PICTURE * 4)

typedef struct {
  uint32_t side;
  uint32_t colors;
  uint32_t index;
} Task;

// Numbers that look random and are the same everywhere: Sebastiano Vigna's SplitMix64.
static inline uint64_t next_number(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static inline uint32_t below(uint64_t *state, uint32_t limit) {
  return (uint32_t)((next_number(state) >> 32) * limit >> 32);
}

// SIDE COLORS INDEX; returns 0 when they make no task.
static inline int read_task(int count, char **args, Task *task) {
  if (count != 4) return 0;
  uint32_t values[3];
  for (int i = 0; i < 3; i++) {
    char *end;
    unsigned long value = strtoul(args[i + 1], &end, 10);
    if (*end != 0 || args[i + 1][0] < '0' || args[i + 1][0] > '9' || value > 0xffffffu) return 0;
    values[i] = (uint32_t)value;
  }
  *task = (Task){values[0], values[1], values[2]};
  return task->side >= 2 && task->side <= MAX_SIDE && task->colors >= 2 && task->colors <= MAX_COLORS;
}

// The first row, which the task prescribes: every colour about equally often, in an order of the task's own. It makes
// each quilt a problem of its own.
static inline void prescribe(const Task *task, uint8_t *row) {
  uint64_t state = 0x517cc1b727220a95u ^ ((uint64_t)task->index << 16 | task->side << 8 | task->colors);
  for (uint32_t i = 0; i < task->side; i++) row[i] = (uint8_t)(i % task->colors);
  for (uint32_t i = task->side - 1; i > 0; i--) {
    uint32_t j = below(&state, i + 1);
    uint8_t kept = row[i];
    row[i] = row[j];
    row[j] = kept;
  }
}

// The quilt as RGBA: patches of two triangles with a seam, on linen.
static inline void draw(const Task *task, const uint8_t *patches, uint8_t *rgba) {
  static const uint8_t light[MAX_COLORS][3] = {{226, 149, 120}, {38, 70, 83}, {244, 211, 140}, {94, 148, 139}};
  static const uint8_t dark[MAX_COLORS][3] = {{201, 109, 82}, {28, 52, 64}, {230, 188, 104}, {70, 122, 114}};
  static const uint8_t linen[3] = {247, 240, 228};
  const uint32_t size = (PICTURE - 20) / task->side, edge = (PICTURE - size * task->side) / 2;
  for (uint32_t y = 0; y < PICTURE; y++) {
    for (uint32_t x = 0; x < PICTURE; x++) {
      const uint8_t *color = linen;
      uint32_t column = (x - edge) / size, row = (y - edge) / size;
      if (x >= edge && y >= edge && column < task->side && row < task->side) {
        uint32_t px = (x - edge) % size, py = (y - edge) % size;
        uint32_t patch = patches[row * task->side + column];
        // Neighbouring patches lean to different sides.
        uint32_t across = (row + column) % 2 ? px : size - 1 - px;
        if (px > 0 && py > 0) color = across > py ? light[patch] : dark[patch];
      }
      uint8_t *pixel = rgba + (y * PICTURE + x) * 4;
      for (int channel = 0; channel < 3; channel++) pixel[channel] = color[channel];
      pixel[3] = 255;
    }
  }
}

#endif
