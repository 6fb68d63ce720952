import type { Address, JobKind } from '../../src/protocol/primitives.ts';
import type { KilnWindow, Tab } from './tab.ts';

/** What one voucher says and what of it was redeemed, as its payee holds it. */
export interface HeldVoucher {
  readonly payer: Address;
  readonly sessionKey: Address;
  readonly amount: bigint;
}

/**
 * Starts lending one slot under the rules that the tab suggests; resolves with its peer and payee.
 *
 * @param kinds What it lends. @default all that the tab can do
 */
export function startProviding(
  { page }: Tab,
  kinds?: readonly JobKind[],
): Promise<{ peer: string; payee: Address }> {
  return page.evaluate(async (kinds) => {
    const { provider, connection } = (globalThis as unknown as KilnWindow).kiln!;
    const suggested = await provider.suggestRules();
    const rules = { ...suggested, cpuSlots: 1, kinds: kinds ?? suggested.kinds };
    await provider.start(rules);
    return { peer: connection.value.peer, payee: rules.payee };
  }, kinds);
}

/** The vouchers that this tab holds now. */
export function heldVouchers({ page }: Tab): Promise<HeldVoucher[]> {
  return page.evaluate(async () => {
    const { wallet } = (globalThis as unknown as KilnWindow).kiln!;
    await wallet.refresh();
    return wallet.view.value.vouchers.map(({ payer, sessionKey, amount }) => ({ payer, sessionKey, amount }));
  });
}

/** Stops lending, then redeems every voucher; resolves with what the pool paid. */
export function stopAndRedeem({ page }: Tab): Promise<bigint> {
  return page.evaluate(async () => {
    const { provider, wallet } = (globalThis as unknown as KilnWindow).kiln!;
    await provider.stop();
    return (await wallet.redeem()).paid;
  });
}
