import { BaseError, HttpRequestError, InsufficientFundsError, UserRejectedRequestError } from 'viem';
import { describe, expect, it } from 'vitest';
import { KilnError } from '../../base/errors.ts';
import { toChainError } from './chain-error.ts';

const rpc = (code: number) => Object.assign(new Error('something the wallet says'), { code });

describe('what a node or wallet throws', () => {
  it.each([
    ['wallet/user-rejected', rpc(4001)],
    ['wallet/user-rejected', new UserRejectedRequestError(new Error('no'))],
    ['wallet/user-rejected', new BaseError('outer', { cause: rpc(4001) })],
    ['wallet/not-authorised', rpc(4100)],
    ['wallet/wrong-chain', rpc(4901)],
    ['wallet/request-pending', rpc(-32_002)],
    ['wallet/no-gas', new BaseError('outer', { cause: new InsufficientFundsError({}) })],
    ['wallet/chain-unreachable', new HttpRequestError({ url: 'http://127.0.0.1:1' })],
    ['wallet/chain-error', new Error('odd')],
    ['wallet/chain-error', 'odd'],
    ['wallet/chain-error', undefined],
    ['base/aborted', new DOMException('stopped', 'AbortError')],
  ])('becomes %s: case %#', (code, thrown) => {
    const error = toChainError(thrown, 'pay');
    expect(error).toBeInstanceOf(KilnError);
    expect(error.code).toBe(code);
    if (code !== 'base/aborted') expect(error.hint).toBeTruthy();
  });

  it('stays what it is when it is named already', () => {
    const named = new KilnError('wallet/no-account', 'None.');
    expect(toChainError(named, 'pay')).toBe(named);
  });

  it('does not follow causes in circles, nor repeat endless messages', () => {
    const loop = Object.assign(new Error('x'.repeat(10_000)), { code: 1 });
    loop.cause = loop;
    expect(toChainError(loop, 'pay').message.length).toBeLessThan(300);
  });

  it('crosses a worker boundary as plain data', () => {
    const error = toChainError(rpc(4001), 'pay');
    expect(KilnError.fromJSON(structuredClone(error.toJSON())).code).toBe('wallet/user-rejected');
  });
});
