import type { Hex, TypedDataDomain } from 'viem';
import type { Address } from '../../protocol/primitives.ts';

/** A call of a contract, encoded. */
export interface ContractCall {
  readonly to: Address;
  readonly data: Hex;
  /** What it does, as a person would say it: "approve the pool". */
  readonly action: string;
}

/** Typed data to be signed (EIP-712), without the type of its own domain. */
export interface TypedDataRequest {
  readonly domain: TypedDataDomain;
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/** An account that can send transactions, whoever keeps its key. */
export interface WalletAccount {
  readonly kind: 'embedded' | 'injected';
  readonly name: string;
  readonly address: Address;
  /**
   * Signs and sends; resolves with the transaction's hash, before any block has it. Calls are sent one after another.
   * Throws KilnErrors of `wallet/…`.
   */
  send(call: ContractCall): Promise<Hex>;
  /**
   * Signs typed data; nothing is sent and no gas is needed. 65 bytes (r, s, v) of a plain account; a contract's
   * account may give more (ERC-1271). Throws KilnErrors of `wallet/…`.
   *
   * @param action what the signature does, as a person would say it: "deposit 2 GLM"
   */
  signTypedData(request: TypedDataRequest, action: string): Promise<Hex>;
  /**
   * Sends several calls as one, all or none, with one question to the person; resolves once a block has them.
   * Undefined when this wallet cannot; nothing was sent then.
   */
  sendTogether?(calls: readonly ContractCall[], signal?: AbortSignal): Promise<Hex | undefined>;
}

/** Runs jobs one after another, so that two transactions never take the same nonce. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Waits for all earlier jobs, failed or not, then runs this one. */
  take<T>(job: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(job, job);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
