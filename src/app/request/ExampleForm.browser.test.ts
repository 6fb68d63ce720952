import { expect, test } from 'vitest';
import { render } from 'vitest-browser-svelte';
import type { Example } from '../../../examples/example.ts';
import { KilnError } from '../../base/errors.ts';
import type { Kiln } from '../../kiln/kiln.ts';
import type { SubmitTerms } from '../../requestor/view.ts';
import { type FakeKiln, fakeKiln } from '../test/fake-kiln.ts';
import { tableManifest } from '../test/sample-views.ts';
import ExampleForm from './ExampleForm.svelte';

const EXAMPLE: Example = {
  id: 'sample',
  title: 'Sample sweep',
  summary: 'A sweep of a few intervals.',
  kind: 'wasi',
  inputs: [],
  options: [
    {
      name: 'tasks',
      label: 'Intervals',
      help: 'How many.',
      type: 'number',
      default: 12,
      min: 1,
      max: 50,
      step: 1,
    },
  ],
  build: (_inputs, options) =>
    Promise.resolve({ manifest: tableManifest(Number(options['tasks'])), blobs: [] }),
};

function withSubmit(kiln: FakeKiln, submit: Kiln['requestor']['submit']): Kiln {
  return { ...kiln, requestor: { ...kiln.requestor, submit } };
}

test('the way from the options to a running job', async () => {
  const kiln = fakeKiln();
  let terms: SubmitTerms | undefined;
  const screen = await render(ExampleForm, {
    example: EXAMPLE,
    kiln: withSubmit(kiln, (draft, given, onStep) => {
      terms = given;
      onStep?.('Funding the budget');
      return Promise.resolve(`bafk${draft.manifest.split.to}`);
    }),
  });
  await expect.element(screen.getByText(/Try one task first/)).toBeVisible();
  await screen.getByLabelText('Intervals').fill('20');
  await screen.getByRole('button', { name: 'Try it here first' }).click();
  await expect.element(screen.getByText(/Task 1 took 4.2 s here/)).toBeVisible();
  await screen.getByLabelText('Budget').fill('1.5');
  expect(screen.getByText('How results are checked').query()).toBeNull();
  await screen.getByRole('button', { name: 'Submit job' }).click();
  await expect.poll(() => location.hash).toBe('#/job/bafk20');
  expect(terms).toMatchObject({ budget: 1_500_000_000_000_000_000n, seats: 4, microUnitsPerTask: 4_000_000 });
  location.hash = '';
});

test('a changed option makes the try-out void', async () => {
  const screen = await render(ExampleForm, { kiln: fakeKiln(), example: EXAMPLE });
  await screen.getByRole('button', { name: 'Try it here first' }).click();
  await expect.element(screen.getByRole('button', { name: 'Submit job' })).toBeVisible();
  await screen.getByLabelText('Intervals').fill('5');
  await screen.getByLabelText('Task').click();
  await expect.element(screen.getByText(/Try one task first/)).toBeVisible();
});

test('a failed try-out says what to do', async () => {
  const kiln = fakeKiln();
  kiln.failNext(
    'requestor.tryOut',
    new KilnError('sandbox/no-gpu', 'No GPU here.', { hint: 'Use another device.' }),
  );
  const screen = await render(ExampleForm, { kiln, example: EXAMPLE });
  await screen.getByRole('button', { name: 'Try it here first' }).click();
  await expect.element(screen.getByRole('alert')).toMatchTextContent(/Use another device\./);
});

test('a program that failed shows what it said and its last calls', async () => {
  const failed = {
    exit: 'trap: integer divided by zero',
    outputs: [],
    complaint: 'no such line: 9\n',
    lastCalls: ['path_open(3, "text.txt") = 4', 'fd_read(4, 4096 bytes) = 0'],
  };
  const screen = await render(ExampleForm, { kiln: fakeKiln([], failed), example: EXAMPLE });
  await screen.getByRole('button', { name: 'Try it here first' }).click();
  await expect.element(screen.getByText(/ended with “trap: integer divided by zero”/)).toBeVisible();
  await expect.element(screen.getByText('no such line: 9')).toBeVisible();
  const calls = screen.getByText(/fd_read\(4, 4096 bytes\)/);
  await expect.element(calls).not.toBeVisible();
  await screen.getByText('The last calls of the program').click();
  await expect.element(calls).toBeVisible();
});
