/*
 * letters FIRST END: for the lines FIRST to END (excluded) of text.txt, counted from 0, writes the rows
 * line,words,letters,longest word to counts.csv. Exit codes say what went wrong: 2 bad arguments, 3 no text, 4 no room.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BAD_ARGUMENTS = 2, NO_TEXT = 3, NO_ROOM = 4 };

static void count(FILE *out, long number, char *line) {
  long words = 0, letters = 0;
  const char *longest = "";
  for (char *word = strtok(line, " \t\r\n.,:;!?"); word != NULL; word = strtok(NULL, " \t\r\n.,:;!?")) {
    words++;
    for (const char *c = word; *c != '\0'; c++) letters += isalpha((unsigned char)*c) != 0;
    if (strlen(word) > strlen(longest)) longest = word;
  }
  fprintf(out, "%ld,%ld,%ld,%s\n", number, words, letters, longest);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "letters FIRST END\n");
    return BAD_ARGUMENTS;
  }
  const long first = atol(argv[1]), end = atol(argv[2]);
  FILE *text = fopen("text.txt", "r");
  if (text == NULL) return NO_TEXT;
  FILE *out = fopen("counts.csv", "w");
  if (out == NULL) return NO_ROOM;
  char line[512];
  for (long number = 0; number < end && fgets(line, sizeof line, text) != NULL; number++) {
    if (number >= first) count(out, number, line);
  }
  return fclose(out) == 0 ? 0 : NO_ROOM;
}
