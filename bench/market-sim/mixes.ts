import type { Kind } from './behaviours.ts';

/** The sorts of cheats that a job is simulated with, one after the other. */
export const CHEATS = {
  lazy: ['lazy'],
  copying: ['copying'],
  colluding: ['colluding'],
  sleepers: ['sleeper'],
  'colluders and sleepers': ['colluding', 'sleeper'],
  cunning: ['cunning'],
  'low-rate': ['low-rate'],
  'low-rate ring': ['low-rate ring'],
} as const satisfies Record<string, readonly Kind[]>;

export type CheatSort = keyof typeof CHEATS;

/** Those that lie always, or always once they have begun: none of their lies may be accepted. */
export const ALWAYS_CHEATING: readonly CheatSort[] = [
  'lazy',
  'copying',
  'colluding',
  'sleepers',
  'colluders and sleepers',
];
/** Those that lie about few tasks: two in a hundred, or those that look unchecked. */
export const LOW_RATE_CHEATS: readonly CheatSort[] = ['cunning', 'low-rate', 'low-rate ring'];
