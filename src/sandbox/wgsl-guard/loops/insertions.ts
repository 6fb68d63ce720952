import type { WgslEdit } from '../read/positions.ts';
import type { ShaderText } from '../read/shader-text.ts';

/** Text to put before a token; the index after the last token means the end. */
export interface Insertion {
  readonly token: number;
  readonly text: string;
}

/** A text with what was put into its lines. */
export interface EditedText {
  readonly code: string;
  readonly edits: readonly WgslEdit[];
}

/**
 * The shader again, out of its tokens: comments and odd blanks become spaces and line breaks become `\n`, so that no
 * compiler can read a comment's end, or a line's, elsewhere than the guard did. Every token keeps its line, and its
 * column but for the insertions.
 */
export function writeShader(shader: ShaderText, insertions: readonly Insertion[]): EditedText {
  const sorted = [...insertions].sort((a, b) => a.token - b.token);
  const parts: string[] = [];
  const edits: WgslEdit[] = [];
  let next = 0;
  let done = 0;
  for (let i = 0; i <= shader.tokens.length; i++) {
    const token = shader.tokens[i];
    const at = token?.at ?? done;
    parts.push(blank(shader.text.slice(done, at)));
    done = at;
    for (; sorted[next]?.token === i; next++) {
      const { text } = sorted[next]!;
      parts.push(text);
      edits.push({ ...shader.place(done), columns: text.length });
    }
    if (token === undefined) break;
    parts.push(token.text);
    done += token.text.length;
  }
  parts.push('\n');
  return { code: parts.join(''), edits };
}

function blank(gap: string): string {
  return gap.replace(/\r\n/g, ' \n').replace(/\r/g, '\n').replace(/[^\n]/g, ' ');
}
