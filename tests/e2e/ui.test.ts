import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright';
import { expect, test } from 'vitest';
import { runLocally } from '../../examples/parameter-sweep/run-locally.node.ts';
import { heldVouchers } from '../../scripts/demo/provider-tab.ts';
import type { KilnWindow } from '../../scripts/demo/tab.ts';
import { tableToCsv } from '../../src/job/assemble-table.ts';
import { openMarket } from './fixtures/market.ts';
import { sumOf, tokensOf } from './fixtures/money.ts';
import type { Tab } from './fixtures/tab.ts';

const SETTINGS = { from: 28, to: 325, values: 32, valuesPerTask: 2, time: 150, maxima: 48 };
/** Measuring, negotiating and computing on a loaded machine. */
const PATIENCE = { timeout: 60_000 };
/** More stops than any page has. */
const MAX_TABS = 80;

test('people meet on the market by its pages alone', async () => {
  await using market = await openMarket();
  const [requestor, first, second] = await Promise.all(
    ['requestor', 'first', 'second'].map((name) => market.openTab(name)),
  );
  await Promise.all([lendByKeyboard(first!), lendByMouse(second!)]);

  const { page } = requestor!;
  await page.getByRole('link', { name: 'Run a job' }).click();
  await reach(page, page.getByRole('link', { name: 'Order and chaos' }));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Order and chaos' }).waitFor();
  await page.getByLabel('Values of ρ').fill(String(SETTINGS.values));
  await page.getByLabel('Values a task').fill(String(SETTINGS.valuesPerTask));
  await page.getByLabel('Time measured').fill(String(SETTINGS.time));
  await page.getByLabel('Time measured').blur();
  await reach(page, page.getByRole('button', { name: 'Try it here first' }));
  await page.keyboard.press('Enter');
  await page.getByText(/Task 1 took[^]*units of work/).waitFor(PATIENCE);
  await page.getByText('16 tasks for about').waitFor();
  await page.getByText('2 providers are on the board and both match.').waitFor(PATIENCE);
  await reach(page, page.getByRole('button', { name: 'Submit job' }));
  await page.keyboard.press('Enter');

  await page.getByRole('heading', { level: 1, name: 'Lorenz sweep' }).waitFor(PATIENCE);
  expect(page.url()).toMatch(/#\/job\/[a-z0-9]+$/);
  await page.getByText('16 of 16 tasks verified').waitFor(PATIENCE);
  await page.getByRole('status').filter({ hasText: 'Done after' }).waitFor(PATIENCE);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download lorenz-sweep.csv' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('lorenz-sweep.csv');
  expect(await readFile(await download.path(), 'utf8')).toBe(tableToCsv(await runLocally(SETTINGS)));

  for (const tab of [first!, second!]) {
    const vouchers = await heldVouchers(tab);
    const account = await readAccount(tab);
    const before = await tokensOf(market, account);
    await tab.page.getByRole('navigation').getByRole('link', { name: 'Wallet' }).click();
    await reach(tab.page, tab.page.getByRole('button', { name: 'Redeem vouchers' }));
    await tab.page.keyboard.press('Enter');
    await tab.page.getByText('paid out to your wallet').waitFor(PATIENCE);
    expect(sumOf(vouchers)).toBeGreaterThan(0n);
    expect(await tokensOf(market, account)).toBe(before + sumOf(vouchers));

    await reach(tab.page, tab.page.getByRole('button', { name: 'Stop lending' }));
    await tab.page.keyboard.press('Enter');
    await tab.page.getByRole('region', { name: 'Lending' }).waitFor({ state: 'detached' });
  }
  for (const { complaints } of [requestor!, first!, second!]) expect(complaints).toEqual([]);
});

async function lendByMouse({ page }: Tab): Promise<void> {
  await page.getByRole('link', { name: 'Lend this device' }).click();
  await page.getByLabel('Cores', { exact: true }).fill('1');
  await page.getByLabel('Lend the GPU').uncheck();
  await page.getByRole('button', { name: 'Start lending' }).click();
  await page.getByText('Ready, nothing to do').waitFor(PATIENCE);
}

async function lendByKeyboard({ page }: Tab): Promise<void> {
  await page.keyboard.press('Tab');
  await expectFocus(page.getByRole('link', { name: 'Skip to the page' }));
  await page.keyboard.press('Enter');
  await reach(page, page.getByRole('link', { name: 'Lend this device' }));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Lend this device' }).waitFor();
  await expectFocus(page.getByRole('heading', { level: 1 }));
  await reach(page, page.getByLabel('Cores', { exact: true }));
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await reach(page, page.getByLabel('Lend the GPU'));
  await page.keyboard.press('Space');
  const start = page.getByRole('button', { name: 'Start lending' });
  await reach(page, start, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Ready, nothing to do').waitFor(PATIENCE);
}

/** Tabs on until the element has the focus; fails when the keyboard never gets there. */
async function reach(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  await target.waitFor(PATIENCE);
  for (let i = 0; i < MAX_TABS; i++) {
    if (await isFocused(target)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`The keyboard does not reach ${String(target)}.`);
}

function isFocused(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element === document.activeElement);
}

async function expectFocus(target: Locator): Promise<void> {
  await expect.poll(() => isFocused(target)).toBe(true);
}

function readAccount({ page }: Tab): Promise<`0x${string}`> {
  return page.evaluate(() => (globalThis as unknown as KilnWindow).kiln!.wallet.view.value.account!.address);
}
