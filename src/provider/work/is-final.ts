import type { KilnError } from '../../base/errors.ts';

/** What a requestor does against the agreement: it is left. */
const BREACHES: ReadonlySet<string> = new Set([
  'work/too-many-leases',
  'work/expired',
  'work/renewal-differs',
  'work/not-provisional',
  'work/held-too-much',
]);

/** Errors of a work stream after which trying again would not help. */
export function isFinal({ code }: KilnError): boolean {
  return BREACHES.has(code) || ['payment/', 'protocol/', 'envelope/'].some((room) => code.startsWith(room));
}
