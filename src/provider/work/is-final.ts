import type { KilnError } from '../../base/errors.ts';

/** Errors of a work stream after which trying again would not help. */
export function isFinal(error: KilnError): boolean {
  return (
    error.code.startsWith('payment/') ||
    error.code === 'work/too-many-leases' ||
    error.code.startsWith('protocol/')
  );
}
