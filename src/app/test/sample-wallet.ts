import type { WalletView } from '../../kiln/wallet/wallet-view.ts';
import { MILLI, MINUTE_MS, OTHER_ADDRESS, SAMPLE_ADDRESS } from './sample-views.ts';

/** A wallet that has earned, paid and is taking money out. */
export function sampleWallet(nowMs: number): WalletView {
  return {
    account: { address: SAMPLE_ADDRESS, kind: 'embedded', name: 'This browser' },
    injected: [
      {
        id: 'io.example',
        name: 'Example Wallet',
        icon: 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=',
      },
    ],
    tokenBalance: 996_482n * MILLI,
    nativeSymbol: 'ETH',
    nativeBalance: 9_998n * MILLI,
    deposit: 2_500n * MILLI,
    locked: 250n * MILLI,
    thawing: 500n * MILLI,
    thawEndsAtMs: nowMs + 42_000,
    thawMs: MINUTE_MS,
    blockTimeMs: nowMs - 5_000,
    sessions: [
      {
        key: SAMPLE_ADDRESS,
        cap: 1_500n * MILLI,
        spent: 420n * MILLI,
        expiresAtMs: nowMs + 8 * 24 * 60 * MINUTE_MS,
        state: 'active',
      },
      {
        key: OTHER_ADDRESS,
        cap: 500n * MILLI,
        spent: 499n * MILLI,
        expiresAtMs: nowMs + 30_000,
        state: 'ending',
      },
    ],
    vouchers: [
      {
        key: '1',
        payer: OTHER_ADDRESS,
        sessionKey: SAMPLE_ADDRESS,
        amount: 12n * MILLI,
        redeemed: 0n,
        receivedAtMs: nowMs - 20_000,
        cover: {
          secured: 9n * MILLI,
          credit: 3n * MILLI,
          lost: 0n,
          keyEndsAtMs: nowMs + 24 * 60 * MINUTE_MS,
        },
      },
      {
        key: '2',
        payer: SAMPLE_ADDRESS,
        sessionKey: OTHER_ADDRESS,
        amount: 4n * MILLI + 321n,
        redeemed: 4n * MILLI + 321n,
        receivedAtMs: nowMs - 9 * MINUTE_MS,
      },
    ],
    history: [
      {
        kind: 'faucet',
        amount: 1_000_000n * MILLI,
        transaction: `0x${'1a'.repeat(32)}`,
        atMs: nowMs - 60 * MINUTE_MS,
      },
      {
        kind: 'deposit',
        amount: 2_500n * MILLI,
        transaction: `0x${'2b'.repeat(32)}`,
        atMs: nowMs - 12 * MINUTE_MS,
      },
      {
        kind: 'redeem',
        amount: 4n * MILLI + 321n,
        transaction: `0x${'3c'.repeat(32)}`,
        atMs: nowMs - 3 * MINUTE_MS,
      },
    ],
  };
}
