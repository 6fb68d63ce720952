import { type Remote, wrap } from 'comlink';
import { KilnError } from '../../base/errors.ts';
import type { PrivateKey, Voucher, VoucherDomain } from '../../payment/voucher/voucher.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import { answeringCrypto, type AnsweringCrypto, type VoucherAnswer } from './voucher-answers.ts';

/** Signs vouchers and tells who signed one, on whatever thread; see `payment/voucher` for what they throw. */
export interface VoucherCrypto {
  sign(domain: VoucherDomain, voucher: Voucher, key: PrivateKey): Promise<SignedVoucher>;
  signerOf(domain: VoucherDomain, voucher: SignedVoucher): Promise<Address>;
}

type Calls = AnsweringCrypto | Remote<AnsweringCrypto>;

/** On the caller's own thread: Node, and tests. */
export const ownThread: VoucherCrypto = cryptoOf(() => answeringCrypto);

const startVoucherWorker = () =>
  new Worker(new URL('./voucher.worker.ts', import.meta.url), { type: 'module', name: 'kiln-vouchers' });

/**
 * In a worker of its own, started by the first call. Where it cannot start, or dies, the caller's thread does the work:
 * paying must not depend on it.
 */
export class VoucherWorker implements VoucherCrypto, Disposable {
  readonly sign: VoucherCrypto['sign'];
  readonly signerOf: VoucherCrypto['signerOf'];
  readonly #start: () => Worker;
  readonly #failed = Promise.withResolvers<undefined>();
  #worker: Worker | undefined;
  #remote: Remote<AnsweringCrypto> | undefined;
  #hasFailed = false;

  constructor(start: () => Worker = startVoucherWorker) {
    this.#start = start;
    const { sign, signerOf } = cryptoOf(() => this.#calls(), this.#failed.promise);
    this.sign = sign;
    this.signerOf = signerOf;
  }

  [Symbol.dispose](): void {
    this.#fail();
  }

  #calls(): Calls {
    if (this.#hasFailed) return answeringCrypto;
    try {
      this.#worker ??= this.#start();
    } catch {
      this.#fail();
      return answeringCrypto;
    }
    this.#worker.addEventListener('error', () => this.#fail(), { once: true });
    return (this.#remote ??= wrap<AnsweringCrypto>(this.#worker));
  }

  /** From now on, and for calls that still wait, the own thread does the work. */
  #fail(): void {
    this.#hasFailed = true;
    this.#worker?.terminate();
    this.#failed.resolve(undefined);
  }
}

function cryptoOf(calls: () => Calls, failed?: Promise<undefined>): VoucherCrypto {
  const ask = async <T>(call: (calls: Calls) => Promise<VoucherAnswer<T>>): Promise<T> => {
    const answering = call(calls());
    const answer =
      (await (failed === undefined ? answering : Promise.race([answering, failed]))) ??
      (await call(answeringCrypto));
    if ('error' in answer) throw KilnError.fromJSON(answer.error);
    return answer.value;
  };
  return {
    sign: (domain, voucher, key) => ask((to) => to.sign(plain(domain), voucher, key)),
    signerOf: (domain, voucher) => ask((to) => to.signerOf(plain(domain), voucher)),
  };
}

/** Terms hold more than what is signed: only that crosses. */
function plain({ chainId, pool }: VoucherDomain): VoucherDomain {
  return { chainId, pool };
}
