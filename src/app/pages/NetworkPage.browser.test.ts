import { expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-svelte';
import { KilnError } from '../../base/errors.ts';
import { fakeKiln } from '../test/fake-kiln.ts';
import { SAMPLE_PROOFS, SAMPLE_RECORD } from '../test/sample-record.ts';
import NetworkPage from './NetworkPage.svelte';

test('without receipts there is no record to save, and no lie is known', async () => {
  const kiln = fakeKiln();
  const screen = await render(NetworkPage, { kiln });
  expect(kiln.calls).toEqual(['record.renew']);
  await expect.element(screen.getByRole('button', { name: 'Save your record' })).toBeDisabled();
  await expect.element(screen.getByText(/^No lie is known/)).toBeVisible();
});

test('a record says what others signed on each side, and is saved and taken back as a file', async () => {
  const kiln = fakeKiln();
  kiln.record.view.set(SAMPLE_RECORD);
  const screen = await render(NetworkPage, { kiln });
  await expect
    .element(
      screen.getByText('4 agreements signed by 3 peers: 412 tasks accepted, 1 rejected, 6 lost.', {
        exact: true,
      }),
    )
    .toBeVisible();
  await screen.getByRole('button', { name: 'Save your record' }).click();
  await expect.element(screen.getByText(/^Saved as kiln-record-/)).toBeVisible();
  const file = screen.getByLabelText('Take a saved record back');
  await file.upload(new File([new Uint8Array(7)], 'record.cbor'));
  await expect.element(screen.getByText('Took back 7 receipts.')).toBeVisible();
  kiln.failNext(
    'record.import',
    new KilnError('record/wrong-owner', 'This record belongs to somebody else.', { hint: 'Use your own.' }),
  );
  await file.upload(new File([new Uint8Array(8)], 'other.cbor'));
  await expect.element(screen.getByText('This record belongs to somebody else.')).toBeVisible();
});

test('what is proven and what is only claimed are told apart, each with its file', async () => {
  const kiln = fakeKiln();
  kiln.record.proofs.set(SAMPLE_PROOFS);
  const screen = await render(NetworkPage, { kiln });
  await expect.element(screen.getByText('Proven: caught by a job of yours.')).toBeVisible();
  await expect.element(screen.getByText(/Claimed, not checked/)).toBeVisible();
  await screen.getByRole('button', { name: 'Save the proof against …QDc298L3, task 18' }).click();
  await vi.waitFor(() => expect(kiln.calls).toContain('record.proofFile 1f1f'));
});

test('a receipt that was refused says why, and what both sides count', async () => {
  const kiln = fakeKiln();
  const ours = { accepted: 412, rejected: 1, lost: 6, paid: 21n * 10n ** 15n };
  const one = {
    signer: SAMPLE_RECORD.peer,
    agreement: '1f'.repeat(32),
    job: 'bafk',
    why: 'The receipt differs from what was done in the tasks accepted.',
    ours,
    theirs: { ...ours, accepted: 409 },
    receivedAtMs: 0,
  };
  kiln.record.view.set({ ...SAMPLE_RECORD, refused: [one] });
  const screen = await render(NetworkPage, { kiln });
  const list = screen.getByRole('list', { name: 'Receipts that were refused' });
  await expect.element(list).toMatchTextContent(/Refused, from .*: The receipt differs .*the tasks accepted/);
  await expect.element(list).toMatchTextContent(/Yours: 412 tasks accepted.*Theirs: 409 tasks accepted/);
});
