import { readFile } from 'node:fs/promises';
import { decryptKeystoreJson } from 'ethers';
import { expect, test } from 'vitest';
import { shortHash } from '../../src/app/words/format.ts';
import { expectAccessible, showRoute } from './fixtures/accessible.ts';
import { openMarket } from './fixtures/market.ts';
import { waitUntilOnline } from './fixtures/tab.ts';
import { accountOf, expectBalance, expectProblem, PATIENCE, press } from './fixtures/wallet-page.ts';

const PASSPHRASE = 'kiln bread copper violin saddle moon';

test('the wallet of a browser outlives the browser’s data as a keystore file', async () => {
  await using market = await openMarket();
  const tab = await market.openTab('owner');
  const { page } = tab;
  await showRoute(page, '#/wallet');
  await expectBalance(page, '1,000');
  const address = await accountOf(page);

  await page.getByText('Export or import the wallet').click();
  await page.getByLabel('Passphrase for the file', { exact: true }).fill('password');
  await page.getByText(/^Weak/).waitFor();
  await page.getByLabel('Passphrase for the file', { exact: true }).fill(PASSPHRASE);
  await page.getByText(/^Strong/).waitFor();
  await page.getByLabel('Passphrase again', { exact: true }).fill('another');
  await page.getByText('The two are not the same.').waitFor();
  const save = page.getByRole('button', { name: 'Save keystore file' });
  expect(await save.isDisabled()).toBe(true);
  await expectAccessible(page, 'a wallet to be exported');
  await page.getByLabel('Passphrase again', { exact: true }).fill(PASSPHRASE);
  const [download] = await Promise.all([page.waitForEvent('download'), save.click()]);
  const path = await download.path();
  const text = await readFile(path, 'utf8');
  expect(download.suggestedFilename()).toMatch(/^UTC--.*--[0-9a-f]{40}\.json$/);
  expect((await decryptKeystoreJson(text, PASSPHRASE)).address).toBe(address);

  await page.goto('about:blank');
  const session = await tab.context.newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', {
    origin: market.url.replace(/\/$/, ''),
    storageTypes: 'all',
  });
  await page.goto(`${market.url}#/wallet`);
  await waitUntilOnline(tab);
  const made = await accountOf(page);
  expect(made).not.toBe(address);

  await page.getByText('Export or import the wallet').click();
  const file = { name: 'key.json', mimeType: 'application/json', buffer: Buffer.from(text) };
  await page.getByLabel('Keystore file').setInputFiles(file);
  const passphrase = page.getByLabel('Passphrase of the file', { exact: true });
  await passphrase.fill(`${PASSPHRASE}!`);
  await press(page, 'Import this wallet');
  await expectProblem(page, 'wallet/wrong-passphrase');
  await page.getByLabel('Keystore file').setInputFiles({ ...file, buffer: Buffer.from('{}') });
  await press(page, 'Import this wallet');
  await expectProblem(page, 'wallet/bad-key-file');
  await page.getByLabel('Keystore file').setInputFiles(file);
  await passphrase.fill(PASSPHRASE);
  await press(page, 'Import this wallet');
  await page.getByText('The wallet was imported and is in use.').waitFor(PATIENCE);
  expect(await accountOf(page)).toBe(address);
  await expectBalance(page, '1,000');
  await press(page, `Use ${shortHash(made)}`);
  await page.getByText(made, { exact: true }).waitFor(PATIENCE);
  await page.getByRole('button', { name: `Use ${shortHash(address)}` }).waitFor(PATIENCE);
  expect(tab.complaints).toEqual([]);
});
