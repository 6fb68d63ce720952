/** How well a passphrase withstands somebody who has the file and tries. */
export interface Strength {
  readonly level: 'short' | 'weak' | 'fair' | 'strong';
  /** What to tell its owner. */
  readonly advice: string;
}

/** Below this a passphrase protects nothing. */
export const MIN_PASSPHRASE_CHARS = 8;
/** Guesses double with each bit: at a million a second, 45 bits last about a year, 60 about 30,000 years. */
const FAIR_BITS = 45;
const STRONG_BITS = 60;
/** A word of a list of a few thousand gives 11 to 13 bits, however long it is. */
const BITS_PER_WORD = 11;
const LETTERS = 26;
const DIGITS = 10;
const SIGNS = 33;

/**
 * A rough guess from above: words count as words, repeated characters and runs such as "1234" once. It knows no list of
 * common passphrases, so it says "weak" surely and "strong" only probably.
 */
export function judgePassphrase(passphrase: string): Strength {
  if ([...passphrase].length < MIN_PASSPHRASE_CHARS) {
    return {
      level: 'short',
      advice: `At least ${MIN_PASSPHRASE_CHARS} characters; four random words are good.`,
    };
  }
  const bits = estimateBits(passphrase);
  if (bits < FAIR_BITS) {
    return { level: 'weak', advice: 'Weak: whoever has the file may find it by trying. Add random words.' };
  }
  if (bits < STRONG_BITS) {
    return {
      level: 'fair',
      advice: 'Fair: it takes long to find by trying. One more random word makes it strong.',
    };
  }
  return { level: 'strong', advice: 'Strong, if the words or characters are random and used nowhere else.' };
}

function estimateBits(passphrase: string): number {
  const words = passphrase
    .toLowerCase()
    .split(/[\s\-_.,]+/)
    .filter((word) => word !== '');
  const isOfWords = words.length > 1 && words.every((word) => /^\p{L}+$/u.test(word));
  const byCharacter = freshCharacters(passphrase) * Math.log2(alphabetOf(passphrase));
  return isOfWords ? Math.min(new Set(words).size * BITS_PER_WORD, byCharacter) : byCharacter;
}

/** Characters that do not repeat, or follow upon, the one before. */
function freshCharacters(text: string): number {
  const codes = [...text].map((character) => character.codePointAt(0)!);
  return codes.filter((code, i) => i === 0 || Math.abs(code - codes[i - 1]!) > 1).length;
}

function alphabetOf(text: string): number {
  let size = 0;
  if (/\p{Ll}/u.test(text)) size += LETTERS;
  if (/\p{Lu}/u.test(text)) size += LETTERS;
  if (/\d/.test(text)) size += DIGITS;
  if (/[^\p{L}\d]/u.test(text)) size += SIGNS;
  return Math.max(size, 2);
}
