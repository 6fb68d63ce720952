import type { Page } from 'playwright';
import { createTestClient, http, publicActions } from 'viem';
import { expect, test } from 'vitest';
import type { KilnWindow } from '../../scripts/demo/tab.ts';
import { voucherPoolAbi } from '../../src/wallet/artifacts/voucher-pool.ts';
import { expectAccessible, showRoute } from './fixtures/accessible.ts';
import { FOREIGN_CHAIN, InjectedWallet } from './fixtures/injected-wallet.ts';
import { type Market, openMarket } from './fixtures/market.ts';
import { tokensOf } from './fixtures/money.ts';
import { SWEEP, sweepOf } from './fixtures/sweep.ts';
import { openApp, type Tab, waitUntilOnline } from './fixtures/tab.ts';
import { expectBalance, expectProblem, PATIENCE, press } from './fixtures/wallet-page.ts';

const GLM = 10n ** 18n;
/** Longer than the local pool's thaw. */
const THAW_S = 61;

test('an injected wallet deposits, pays by a session key, revokes it, thaws and withdraws', async () => {
  await using market = await openMarket();
  const wallet = new InjectedWallet(market.chain);
  const { page, complaints } = await openWithWallet(market, wallet);
  const chain = chainOf(market);
  await showRoute(page, '#/wallet');

  // Connecting: refused, then on a chain of its own that it will not leave, then switched.
  wallet.refuses.add('eth_requestAccounts');
  await press(page, 'Use Test Wallet');
  await expectProblem(page, 'wallet/user-rejected');
  wallet.refuses.clear();
  wallet.refuses.add('wallet_addEthereumChain');
  await press(page, 'Use Test Wallet');
  await expectProblem(page, 'wallet/wrong-chain');
  const help = page.getByRole('region', { name: 'Test Wallet is on another network' });
  await help.waitFor(PATIENCE);
  await help.getByText('add the network by hand').click();
  await help.getByText(market.chain.rpcUrl).waitFor();
  await expectAccessible(page, 'a wallet on another network');
  wallet.refuses.clear();
  await press(page, `Switch to ${market.chain.name}`);
  await help.waitFor({ state: 'detached', ...PATIENCE });
  expect(wallet.chainId).toBe(market.chain.id);

  // Money: a refusal changes nothing.
  wallet.refuses.add('eth_sendTransaction');
  await press(page, 'Get test tokens');
  await expectProblem(page, 'wallet/user-rejected');
  expect(await tokensOf(market, wallet.address)).toBe(0n);
  wallet.refuses.clear();
  await press(page, 'Get test tokens');
  await expectBalance(page, '1,000');

  // Deposits: two questions without batching, one with it.
  let from = wallet.asked.length;
  await page.getByLabel('Amount to deposit').fill('2');
  await press(page, 'Deposit');
  await page.getByText(/^2.tGLM deposited\.$/).waitFor(PATIENCE);
  expect(wallet.questionsSince(from)).toEqual(['eth_sendTransaction', 'eth_sendTransaction']);
  wallet.isBatching = true;
  from = wallet.asked.length;
  await page.getByLabel('Amount to deposit').fill('5');
  await press(page, 'Deposit');
  await page.getByText(/^5.tGLM deposited\.$/).waitFor(PATIENCE);
  expect(wallet.questionsSince(from)).toEqual(['wallet_sendCalls']);
  expect((await depositOf(market, wallet)).balance).toBe(7n * GLM);

  // A job's key is authorised from the deposit, with one question, and revoked.
  from = wallet.asked.length;
  const sessionKey = await submitJob(page, 3n * GLM);
  expect(wallet.questionsSince(from)).toEqual(['eth_sendTransaction']);
  await page.getByRole('button', { name: /^Revoke 0x/ }).click();
  await page.getByText('It cannot be undone.').waitFor();
  await expectAccessible(page, 'a wallet with a key about to be revoked');
  wallet.refuses.add('eth_sendTransaction');
  await press(page, 'Revoke this key');
  await expectProblem(page, 'wallet/user-rejected');
  expect(await endOf(market, wallet, sessionKey)).toBeGreaterThan(Date.now() + 86_400_000);
  wallet.refuses.clear();
  await press(page, 'Revoke this key');
  await page.getByText(/^Revoked, ends in/).waitFor(PATIENCE);
  expect(await endOf(market, wallet, sessionKey)).toBeLessThan(Date.now() + 2 * THAW_S * 1_000);

  // A thaw that waits for the person, then for a block; a reload in between forgets nothing.
  await chain.setAutomine(false);
  const answer = wallet.leaveOpen();
  await press(page, 'Start the thaw');
  await page.getByText('Open Test Wallet and confirm: start the withdrawal').waitFor(PATIENCE);
  answer();
  await page.getByText('Sent; waiting for a block').waitFor(PATIENCE);
  await page.getByText('waits for a block', { exact: true }).waitFor(PATIENCE);
  await page.reload();
  await waitUntilOnline({ name: 'payer', page, complaints } as unknown as Tab);
  await page.getByText('waits for a block', { exact: true }).waitFor(PATIENCE);
  from = wallet.asked.length;
  expect(wallet.questionsSince(from)).toEqual([]);
  await chain.setAutomine(true);
  await chain.mine({ blocks: 1 });
  await press(page, 'Refresh');
  await page.getByText(/thaws for another/).waitFor(PATIENCE);
  await page.getByText('waits for a block', { exact: true }).waitFor({ state: 'detached', ...PATIENCE });
  const withdraw = page.getByRole('button', { name: 'Withdraw' });
  expect(await withdraw.isDisabled()).toBe(true);
  await expectAccessible(page, 'a wallet that thaws');
  await chain.increaseTime({ seconds: THAW_S });
  await chain.mine({ blocks: 1 });
  await press(page, 'Refresh');
  await page.getByText('has thawed and can be withdrawn').waitFor(PATIENCE);
  await withdraw.click();
  await expectBalance(page, '1,000');
  expect(await tokensOf(market, wallet.address)).toBe(1_000n * GLM);
  const history = page.getByRole('region', { name: 'History, scrollable' }).getByRole('rowheader');
  expect((await history.allInnerTexts()).map((text) => text.split(/\s*0x/)[0]!.trim())).toEqual([
    'Withdrawn',
    'Thaw started',
    'Key revoked',
    'New session key',
    'Deposit',
    'Deposit',
    'Test tokens',
  ]);
  const amounts = page.getByRole('region', { name: 'History, scrollable' }).locator('td:nth-child(2)');
  expect((await amounts.allInnerTexts()).map((text) => text.replace(/\stGLM/, ''))).toEqual([
    '7',
    '7',
    '',
    '',
    '5',
    '2',
    '1,000',
  ]);
  expect(complaints).toEqual([]);
});

test('a wallet that changes its mind is noticed, and every way back works', async () => {
  await using market = await openMarket();
  const wallet = new InjectedWallet(market.chain);
  wallet.knowsChain = true;
  const { page, complaints } = await openWithWallet(market, wallet);
  await showRoute(page, '#/wallet');
  await press(page, 'Use Test Wallet');
  await page.getByText(wallet.address, { exact: true }).waitFor(PATIENCE);

  await wallet.goTo(FOREIGN_CHAIN);
  await press(page, `Switch to ${market.chain.name}`);
  await page.getByRole('region', { name: 'on another network' }).waitFor({ state: 'detached', ...PATIENCE });

  await wallet.chooseAccount(1);
  const other = page.getByRole('region', { name: 'Test Wallet shows another account' });
  await other.waitFor(PATIENCE);
  await expectAccessible(page, 'a wallet with another account');
  await other.getByRole('button').click();
  await page.getByText(wallet.address, { exact: true }).waitFor(PATIENCE);
  await other.waitFor({ state: 'detached', ...PATIENCE });

  await wallet.lock(true);
  const gone = page.getByRole('region', { name: 'Test Wallet is not connected' });
  await gone.waitFor(PATIENCE);
  await expectAccessible(page, 'a locked wallet');
  wallet.refuses.add('eth_requestAccounts');
  await press(page, 'Connect again');
  await expectProblem(page, 'wallet/user-rejected');
  wallet.refuses.clear();
  await press(page, 'Connect again');
  await gone.waitFor({ state: 'detached', ...PATIENCE });

  // A reload goes back to it without a question; while it is locked, to the wallet of this browser.
  const from = wallet.asked.length;
  await page.reload();
  await page.getByText(wallet.address, { exact: true }).waitFor(PATIENCE);
  expect(wallet.questionsSince(from)).toEqual([]);
  wallet.isLocked = true;
  await page.reload();
  await page.getByText('A wallet in this browser', { exact: true }).waitFor(PATIENCE);
  expect(complaints).toEqual([]);
});

async function openWithWallet(market: Market, wallet: InjectedWallet): Promise<Tab> {
  const context = await market.newContext();
  await wallet.install(context);
  const tab = await openApp(context, market.url, 'payer');
  wallet.attach(tab.page);
  return tab;
}

function chainOf({ chain }: Market) {
  return createTestClient({ mode: 'anvil', transport: http(chain.rpcUrl) }).extend(publicActions);
}

async function depositOf(market: Market, { address }: InjectedWallet) {
  const [balance, locked, thawing] = await chainOf(market).readContract({
    address: market.chain.pool,
    abi: voucherPoolAbi,
    functionName: 'accounts',
    args: [address],
  });
  return { balance, locked, thawing };
}

/** When a session key ends, in milliseconds. */
async function endOf(market: Market, { address }: InjectedWallet, sessionKey: string): Promise<number> {
  const [, , , , expiry] = await chainOf(market).readContract({
    address: market.chain.pool,
    abi: voucherPoolAbi,
    functionName: 'sessionKeys',
    args: [address, sessionKey as `0x${string}`],
  });
  return expiry * 1_000;
}

/** Submits a small sweep that nobody works on; resolves with the session key that would pay for it. */
function submitJob(page: Page, budget: bigint): Promise<string> {
  return page.evaluate(
    async ({ example, options, budget }) => {
      const { kiln, kilnExamples } = globalThis as unknown as KilnWindow;
      const meta = kilnExamples![example]!;
      const inputs: Record<string, Uint8Array> = {};
      for (const { name, url } of meta.inputs)
        inputs[name] = new Uint8Array(await (await fetch(url)).arrayBuffer());
      const draft = await meta.build(inputs, options);
      const terms = { budget, priceCeiling: 10n ** 12n, microUnitsPerTask: 1_000_000, seats: 1 };
      await kiln!.requestor.submit(draft, terms);
      return kiln!.wallet.view.value.sessions[0]!.key;
    },
    { example: SWEEP, options: { ...sweepOf(4, 100) }, budget },
  );
}
