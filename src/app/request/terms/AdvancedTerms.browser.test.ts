import { expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import type { Example } from '../../../../examples/example.ts';
import type { Kiln } from '../../../kiln/kiln.ts';
import type { JobDraft, SubmitTerms } from '../../../requestor/view.ts';
import { fakeKiln } from '../../test/fake-kiln.ts';
import { SAMPLE_REPORT } from '../../test/sample-report.ts';
import { filmManifest, tableManifest } from '../../test/sample-views.ts';
import ExampleForm from '../ExampleForm.svelte';

const KEY = `kiln-group-${'0f'.repeat(32)}`;

function exampleOf(manifest: ReturnType<typeof tableManifest>): Example {
  return {
    id: 'sample',
    title: 'Sample',
    summary: 'A sample.',
    kind: 'wasi',
    inputs: [],
    options: [],
    build: () => Promise.resolve({ manifest, blobs: [] }),
  };
}

/** The form with its advanced terms open, and what is asked of the Kiln behind it. */
async function openTerms(manifest = tableManifest(12), report = SAMPLE_REPORT) {
  const kiln = fakeKiln();
  const seen: {
    explained?: Parameters<Kiln['requestor']['explainMatch']>;
    draft?: JobDraft;
    terms?: SubmitTerms;
  } = {};
  const requestor: Kiln['requestor'] = {
    ...kiln.requestor,
    explainMatch: (...args) => {
      seen.explained = args;
      return report;
    },
    submit: (draft, terms) => {
      Object.assign(seen, { draft, terms });
      return Promise.resolve('bafkjob');
    },
  };
  const screen = await render(ExampleForm, { kiln: { ...kiln, requestor }, example: exampleOf(manifest) });
  await screen.getByRole('button', { name: 'Try it here first' }).click();
  await screen.getByText('Advanced').click();
  await expect.element(screen.getByRole('group', { name: 'How results are checked' })).toBeVisible();
  const submit = async () => {
    await screen.getByRole('button', { name: 'Submit job' }).click();
    await expect.poll(() => seen.terms).toBeDefined();
    location.hash = '';
  };
  return { screen, seen, submit };
}

test('the chosen policy goes into the job, with its audits; the estimate follows', async () => {
  const { screen, seen, submit } = await openTerms();
  await expect.element(screen.getByRole('radio', { name: /Two must agree this job’s own/ })).toBeChecked();
  await screen.getByRole('radio', { name: /Three must agree/ }).click();
  await expect.element(screen.getByText(/The estimate counts 3 paid runs per task/)).toBeVisible();
  await screen.getByLabelText('Computed again on this device').fill('20');
  await screen.getByLabelText('Tests with a known answer').fill('5');
  await submit();
  const policy = { kind: 'quorum', need: 3, auditRate: 0.2, ringerRate: 0.05 };
  expect(seen.draft?.manifest.policy).toMatchObject(policy);
  expect(seen.explained?.[0].manifest.policy).toMatchObject(policy);
});

test('checking nothing is said plainly, and can be taken back', async () => {
  const { screen, seen, submit } = await openTerms();
  await screen.getByRole('radio', { name: /Not at all unchecked/ }).click();
  await expect.element(screen.getByText(/Nothing is checked: whatever providers send/)).toBeVisible();
  await screen.getByRole('button', { name: 'Check as the job says' }).click();
  await expect.element(screen.getByText(/Results must agree bit by bit/)).toBeVisible();
  await submit();
  expect(seen.draft?.manifest.policy).toEqual(tableManifest(12).policy);
});

test('a verifier needs no second provider', async () => {
  const module = { cid: 'bafkverifier', bytes: 1 };
  const { screen } = await openTerms({ ...tableManifest(4), comparator: { class: 'verifier', module } });
  await expect.element(screen.getByText(/no second provider is needed/)).toBeVisible();
  await expect.element(screen.getByText(/The estimate counts 1 paid run per task/)).toBeVisible();
  expect(screen.getByText('unchecked').query()).toBeNull();
});

test('requirements as numbers and as lines are the same, and a wrong line is named', async () => {
  const { screen, seen, submit } = await openTerms(filmManifest(4));
  await screen.getByLabelText('GPU memory (GiB)').fill('2');
  await userEvent.keyboard('{Tab}');
  const lines = screen.getByLabelText('All of it, one to a line');
  await expect.element(lines).toHaveValue('kiln.gpu.mem.gib >= 2');
  await lines.fill('kiln.gpu.mem.gib >= 3\nkiln.gpu.wings >= 2');
  await expect.element(screen.getByText(/There is no property kiln\.gpu\.wings/)).toBeVisible();
  await expect.element(screen.getByRole('button', { name: 'Submit job' })).toBeDisabled();
  await lines.fill('kiln.gpu.mem.gib >= 3\nkiln.gpu.features = shader-f16');
  await expect.element(screen.getByLabelText('GPU memory (GiB)')).toHaveValue(3);
  await submit();
  expect(seen.terms?.requirements).toEqual({ gpuMemoryBytes: 3 * 2 ** 30, gpuFeatures: ['shader-f16'] });
});

test('what would help is done by a button', async () => {
  const { screen, seen } = await openTerms();
  await expect.element(screen.getByText(/12 providers are on the board, 1 of them matches/)).toBeVisible();
  await screen.getByRole('button', { name: /Raise the highest price to 0\.72/ }).click();
  await expect.poll(() => seen.explained?.[1].priceCeiling).toBe(2n * 10n ** 14n);
  // What the person did not ask for cannot be given up here.
  expect(screen.getByRole('button', { name: 'Ask for 4 GiB memory' }).query()).toBeNull();
  await screen.getByLabelText('Memory (GiB)').fill('8');
  await userEvent.keyboard('{Tab}');
  await screen.getByRole('button', { name: 'Ask for 4 GiB memory' }).click();
  await expect.poll(() => seen.explained?.[1].requirements).toEqual({ memoryBytes: 4 * 2 ** 30 });
});

test('a job for a group: its key is shown only when asked for', async () => {
  const { screen, seen, submit } = await openTerms();
  await screen.getByLabelText('Key of a private group').fill(KEY);
  await screen.getByRole('button', { name: 'Use the key' }).click();
  await expect.element(screen.getByText('This is not the key of a private group.')).toBeVisible();
  await screen.getByRole('button', { name: 'Create a group' }).click();
  await expect.element(screen.getByText(/Only for members of group/)).toBeVisible();
  expect(document.body.textContent).not.toContain(seen.explained?.[1].group);
  await screen.getByRole('button', { name: 'Show the key' }).click();
  await expect.element(screen.getByText(/^kiln-group-/)).toBeVisible();
  await screen.getByRole('button', { name: 'Hide the key' }).click();
  expect(screen.getByText(/^kiln-group-/).query()).toBeNull();
  await submit();
  expect(seen.terms?.group).toMatch(/^kiln-group-/);
});

test('seats and weights are terms too, and the usual ones are not sent', async () => {
  const { screen, seen, submit } = await openTerms();
  await screen.getByLabelText('Providers at most').fill('9');
  await userEvent.keyboard('{Tab}');
  await screen.getByLabelText('Low price').fill('10');
  await expect.element(screen.getByText('changed')).toBeVisible();
  await screen.getByRole('button', { name: 'Rank as usual' }).click();
  await screen.getByLabelText('Speed', { exact: true }).fill('7');
  await submit();
  expect(seen.terms).toMatchObject({ seats: 9, weights: { price: 3, speed: 7 } });
  expect(seen.terms).not.toHaveProperty('requirements');
  expect(seen.terms).not.toHaveProperty('group');
});
