/** Characters that end a line comment (WGSL specification, 3.3 blankspace). */
const LINE_BREAK = /[\n\v\f\r\u0085\u2028\u2029]/;

/** WGSL without its comments: `//` to the line's end and nested block comments; lines keep their numbers. */
export function stripComments(source: string): string {
  let out = '';
  let depth = 0;
  for (let i = 0; i < source.length; i++) {
    const pair = source.slice(i, i + 2);
    if (pair === '/*') {
      depth++;
      i++;
      out += ' ';
    } else if (depth > 0) {
      if (pair === '*/') {
        depth--;
        i++;
      } else if (LINE_BREAK.test(source[i] ?? '')) out += source[i];
    } else if (pair === '//') {
      while (i + 1 < source.length && !LINE_BREAK.test(source[i + 1] ?? '')) i++;
    } else out += source[i] ?? '';
  }
  return out;
}
