import { type ErrorData, toKilnError } from '../../base/errors.ts';
import {
  type PrivateKey,
  recoverVoucherSigner,
  signVoucher,
  type Voucher,
  type VoucherDomain,
} from '../../payment/voucher/voucher.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { SignedVoucher } from '../../protocol/work.ts';

/** An answer as plain data: an error keeps its code and hint on the way to another thread. */
export type VoucherAnswer<T> = { readonly value: T } | { readonly error: ErrorData };

/** What the worker answers. */
export interface AnsweringCrypto {
  sign(domain: VoucherDomain, voucher: Voucher, key: PrivateKey): Promise<VoucherAnswer<SignedVoucher>>;
  signerOf(domain: VoucherDomain, voucher: SignedVoucher): Promise<VoucherAnswer<Address>>;
}

/** Signing and checking on the thread that calls. */
export const answeringCrypto: AnsweringCrypto = {
  sign: (domain, voucher, key) => answer(signVoucher(domain, voucher, key)),
  signerOf: (domain, voucher) => answer(recoverVoucherSigner(domain, voucher)),
};

function answer<T>(work: Promise<T>): Promise<VoucherAnswer<T>> {
  return work.then(
    (value) => ({ value }),
    (thrown: unknown) => ({ error: toKilnError(thrown, 'payment/voucher-failed').toJSON() }),
  );
}
