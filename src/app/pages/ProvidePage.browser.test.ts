import { expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-svelte';
import { KilnError } from '../../base/errors.ts';
import LendingStrip from '../shell/LendingStrip.svelte';
import { fakeKiln } from '../test/fake-kiln.ts';
import { providerWorking } from '../test/sample-views.ts';
import ProvidePage from './ProvidePage.svelte';

test('nothing starts before the person agrees', async () => {
  const kiln = fakeKiln();
  const screen = await render(ProvidePage, { kiln });
  await expect.element(screen.getByLabelText('Cores')).toBeVisible();
  await screen.getByLabelText('Credit limit').fill('5');
  await screen.getByRole('checkbox', { name: 'Lend the GPU' }).click();
  // Longer than a changed rule takes to settle.
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(kiln.calls).toEqual(['provider.suggestRules']);

  await screen.getByRole('button', { name: 'Start lending' }).click();
  await expect.element(screen.getByRole('heading', { name: 'This device is lending' })).toBeVisible();
  expect(kiln.calls).toEqual(['provider.suggestRules', 'provider.start']);
  expect(kiln.provider.view.value.rules).toMatchObject({ kinds: ['wasi'], creditLeases: 5 });
});

test('the GPU is named, with its numeric class', async () => {
  const screen = await render(ProvidePage, { kiln: fakeKiln() });
  const note = screen.getByText(/SwiftShader Device, computed by the processor/);
  await expect.element(note).toMatchTextContent(/Numeric class 5e5e5e5e: GPUs of one class/);
});

test('models are lent with the cores they run on, at a price of their own', async () => {
  const kiln = fakeKiln();
  kiln.provider.view.set(providerWorking(Date.now()));
  const screen = await render(ProvidePage, { kiln });
  const models = screen.getByRole('checkbox', { name: 'Run models (ONNX)' });
  await expect.element(models).not.toBeChecked();
  await models.click();
  await screen.getByLabelText('Minimum for models').fill('0.36');
  await vi.waitFor(() =>
    expect(kiln.provider.view.value.rules).toMatchObject({
      kinds: ['wasi', 'wgsl', 'onnx'],
      pricePerUnit: { onnx: 10n ** 14n },
    }),
  );
  await screen.getByLabelText('Cores').fill('0');
  await expect.element(models).toBeDisabled();
  await vi.waitFor(() => expect(kiln.provider.view.value.rules?.kinds).toEqual(['wgsl']));
});

test('rules change live, without a restart', async () => {
  const kiln = fakeKiln();
  kiln.provider.view.set(providerWorking(Date.now()));
  const screen = await render(ProvidePage, { kiln });
  await screen.getByLabelText('Minimum for a core').fill('0.36');
  await vi.waitFor(() => expect(kiln.calls).toContain('provider.setRules'));
  expect(kiln.provider.view.value.rules?.pricePerUnit.wasi).toBe(10n ** 14n);
  expect(kiln.calls).not.toContain('provider.start');
});

test('a wrong amount or address is named and never applied', async () => {
  const kiln = fakeKiln();
  kiln.provider.view.set(providerWorking(Date.now()));
  const screen = await render(ProvidePage, { kiln });
  await screen.getByLabelText('Minimum for a core').fill('much');
  await screen.getByLabelText('Pay to').fill('0x12');
  await expect.element(screen.getByText(/Write a number such as 0\.25/)).toBeVisible();
  await expect.element(screen.getByText(/An address has 0x and 40 hexadecimal digits\./)).toBeVisible();
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(kiln.calls).not.toContain('provider.setRules');
});

test('a refused start says why and what to do', async () => {
  const kiln = fakeKiln();
  kiln.failNext(
    'provider.start',
    new KilnError('storage/role-held', 'Another tab lends already.', { hint: 'Use that tab, or close it.' }),
  );
  const screen = await render(ProvidePage, { kiln });
  await screen.getByRole('button', { name: 'Start lending' }).click();
  const alert = screen.getByRole('alert');
  await expect.element(alert).toMatchTextContent(/Another tab lends already\./);
  await expect.element(alert).toMatchTextContent(/Use that tab, or close it\./);
});

test('shows running tasks, agreements and why demands were passed', async () => {
  const kiln = fakeKiln();
  kiln.provider.view.set(providerWorking(Date.now()));
  const screen = await render(ProvidePage, { kiln });
  await expect
    .element(screen.getByRole('progressbar', { name: 'Clay workshop, task 8' }))
    .toHaveAttribute('aria-valuenow', '62');
  await expect
    .element(screen.getByRole('row', { name: /Logistic map sweep/ }))
    .toMatchTextContent(/130 of 131/);
  await expect
    .element(screen.getByRole('row', { name: /Clay workshop/ }))
    .toMatchTextContent(/0\.02.*held back, 2 results stand for now/);
  await expect.element(screen.getByText('Wrong receipt: It counts 9 tasks; 130 were paid.')).toBeVisible();
  await expect.element(screen.getByText(/price 150 % above what the job pays/)).toBeVisible();
});

test('the stop is there while lending, and stops', async () => {
  const kiln = fakeKiln();
  const screen = await render(LendingStrip, { kiln });
  expect(screen.getByRole('button', { name: 'Stop lending' }).query()).toBeNull();
  kiln.provider.view.set(providerWorking(Date.now()));
  await screen.getByRole('button', { name: 'Stop lending' }).click();
  await vi.waitFor(() => expect(kiln.calls).toEqual(['provider.stop']));
  await expect.poll(() => screen.getByRole('button', { name: 'Stop lending' }).query()).toBeNull();
});

test('says what would help, and does it', async () => {
  const kiln = fakeKiln();
  kiln.provider.view.set(providerWorking(Date.now()));
  const screen = await render(ProvidePage, { kiln });
  await expect.element(screen.getByText(/1 more demand would be answered/)).toBeVisible();
  await screen.getByRole('button', { name: 'Lower the minimum for a core' }).click();
  await vi.waitFor(() => expect(kiln.provider.view.value.rules?.pricePerUnit.wasi).toBe(11_111_111_111_111n));
});

test('advanced rules: groups are made and left, and what is lent while the machine is used', async () => {
  const kiln = fakeKiln();
  kiln.provider.view.set(providerWorking(Date.now()));
  const screen = await render(ProvidePage, { kiln });
  await screen.getByText('Advanced').click();
  await screen.getByRole('button', { name: 'Create a group' }).click();
  await vi.waitFor(() =>
    expect(kiln.provider.view.value.rules?.groups).toEqual([expect.stringMatching(/^kiln-group-/)]),
  );
  await screen.getByLabelText('Join with a key').fill('kiln-group-wrong');
  await screen.getByRole('button', { name: 'Join' }).click();
  await expect.element(screen.getByText('This is not the key of a private group.')).toBeVisible();
  await screen.getByLabelText('Cores meanwhile').fill('0');
  await screen.getByRole('checkbox', { name: 'Prices follow the market' }).click();
  await screen.getByLabelText('Blocked requestors').fill('somebody');
  await expect.element(screen.getByText(/A peer name has 52 characters/)).toBeVisible();
  await vi.waitFor(() =>
    expect(kiln.provider.view.value.rules).toMatchObject({
      whileInUse: { cpuSlots: 0, gpuDuty: 1 },
      pricing: 'market',
      blockedRequestors: [],
    }),
  );
  await screen.getByRole('button', { name: /^Leave group/ }).click();
  await screen.getByRole('button', { name: 'Let it see if the machine is in use' }).click();
  await expect.element(screen.getByText(/The browser tells this page/)).toBeVisible();
  await vi.waitFor(() => expect(kiln.provider.view.value.rules?.groups).toEqual([]));
});
