import { expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-svelte';
import { KilnError } from '../../base/errors.ts';
import { fakeKiln } from '../test/fake-kiln.ts';
import { SAMPLE_ADDRESS } from '../test/sample-views.ts';
import { sampleWallet } from '../test/sample-wallet.ts';
import WalletPage from './WalletPage.svelte';

const figure = (container: Element, name: string) =>
  [...container.querySelectorAll('dt')]
    .find((term) => term.textContent === name)
    ?.nextElementSibling?.textContent.trim();

test('money is shown by what it is bound to, earnings by how sure they are', async () => {
  const { container } = await render(WalletPage, { kiln: fakeKiln() });
  expect(figure(container, 'For gas')).toMatch(/^9\.998.ETH$/);
  expect(figure(container, 'Deposit, free')).toMatch(/^1\.75.tGLM$/);
  expect(figure(container, 'Deposit, set aside')).toMatch(/^0\.25.tGLM$/);
  expect(figure(container, 'Deposit, thawing')).toMatch(/^0\.5.tGLM$/);
  // One voucher has not been asked about: a sum would be a guess.
  expect(figure(container, 'Secured')).toBe('not known yet');

  const kiln = fakeKiln();
  const wallet = sampleWallet(Date.now());
  kiln.wallet.view.set({ ...wallet, vouchers: wallet.vouchers.slice(0, 1) });
  const known = await render(WalletPage, { kiln });
  expect(figure(known.container, 'Secured')).toMatch(/^0\.009.tGLM$/);
  expect(figure(known.container, 'On credit')).toMatch(/^0\.003.tGLM$/);
});

test('a key is revoked only after its consequences were told', async () => {
  const kiln = fakeKiln();
  const screen = await render(WalletPage, { kiln });
  await screen.getByRole('button', { name: 'Revoke 0x8ba1…BA72' }).click();
  await expect.element(screen.getByText(/It cannot be undone/)).toBeVisible();
  await expect.element(screen.getByText(/can still redeem what it promised them/)).toBeVisible();
  await screen.getByRole('button', { name: 'Keep it' }).click();
  await expect.element(screen.getByText(/It cannot be undone/)).not.toBeInTheDocument();
  expect(kiln.calls.some((call) => call.startsWith('wallet.revoke'))).toBe(false);

  await screen.getByRole('button', { name: 'Revoke 0x8ba1…BA72' }).click();
  await screen.getByRole('button', { name: 'Revoke this key' }).click();
  await vi.waitFor(() => expect(kiln.calls).toContain(`wallet.revoke ${SAMPLE_ADDRESS}`));
});

test('a thaw spares what backs running jobs, unless its person says otherwise', async () => {
  const screen = await render(WalletPage, { kiln: fakeKiln() });
  const amount = screen.getByLabelText('Amount to thaw');
  await expect.element(amount).toHaveValue('0.67');
  await amount.fill('1.75');
  await expect.element(screen.getByText(/of it backs session keys/)).toBeVisible();
  await amount.fill('1.76');
  await expect.element(screen.getByText(/is there to thaw/)).toBeVisible();
  await expect.element(screen.getByRole('button', { name: 'Start the thaw' })).toBeDisabled();
});

test('history links to the explorer, and tells what waits and what failed', async () => {
  const kiln = fakeKiln();
  Object.assign(kiln, {
    config: { ...kiln.config, chain: { ...kiln.config.chain, explorerUrl: 'https://scan.example/' } },
  });
  const wallet = sampleWallet(Date.now());
  const [first, second, third] = wallet.history;
  const history = [
    first!,
    { ...second!, state: 'failed' as const },
    { ...third!, state: 'pending' as const },
  ];
  kiln.wallet.view.set({ ...wallet, history });
  const screen = await render(WalletPage, { kiln });
  const link = screen.getByRole('link', { name: /^Transaction 0x1a1a/ });
  await expect.element(link).toHaveAttribute('href', `https://scan.example/tx/${first!.transaction}`);
  await expect.element(screen.getByText('waits for a block')).toBeVisible();
  await expect.element(screen.getByText('failed, nothing moved')).toBeVisible();
});

test('a deposit beyond the balance is refused before the wallet is asked, a refused one says what to do', async () => {
  const kiln = fakeKiln();
  kiln.failNext(
    `wallet.deposit ${10n ** 18n}`,
    new KilnError('wallet/user-rejected', 'You declined to deposit 1 tGLM.', {
      hint: 'Try again and confirm in your wallet.',
    }),
  );
  const screen = await render(WalletPage, { kiln });
  const amount = screen.getByLabelText('Amount to deposit');
  await amount.fill('1000');
  await expect.element(screen.getByText(/Your wallet holds only/)).toBeVisible();
  await expect.element(screen.getByRole('button', { name: 'Deposit' })).toBeDisabled();
  await amount.fill('1');
  await screen.getByRole('button', { name: 'Deposit' }).click();
  await expect
    .element(screen.getByRole('alert'))
    .toMatchTextContent(/Try again and confirm in your wallet\./);
});
