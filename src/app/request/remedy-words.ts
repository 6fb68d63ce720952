import type { Remedy } from '../../market/match/find-remedies.ts';

/**
 * What would help a job that finds nobody, as a sentence. Of a running job's terms only the price can change: the others
 * take a new job.
 *
 * @example
 * remedyWords({ code: 'too-little', more: 3, text: 'ask for 4 GiB GPU memory: 3 more' }, true);
 * // "Ask for 4 GiB GPU memory in a new job: 3 more."
 */
export function remedyWords({ code, text }: Pick<Remedy, 'code' | 'text'>, isUnderWay: boolean): string {
  const words =
    isUnderWay && code !== 'no-free-slot' ? text.replace(/(?=: \d+ more$)/, ' in a new job') : text;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
