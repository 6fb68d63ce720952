import { expect, test } from 'vitest';
import { render } from 'vitest-browser-svelte';
import { utf8 } from '../../base/bytes.ts';
import type { TaskPhase } from '../../requestor/view.ts';
import { fakeKiln } from '../test/fake-kiln.ts';
import { filmManifest, SAMPLE_JOB, sampleJob, tableManifest } from '../test/sample-views.ts';
import JobPage from './JobPage.svelte';

const HALF_DONE: readonly TaskPhase[] = ['verified', 'running', 'checking', 'waiting'];

function film(phases: readonly TaskPhase[] = HALF_DONE) {
  return sampleJob(filmManifest(phases.length), phases, Date.now());
}

test('a rejected result is shown with its reason', async () => {
  const kiln = fakeKiln();
  kiln.requestor.jobs.set([film()]);
  const screen = await render(JobPage, { kiln, cid: SAMPLE_JOB });
  const rejected = screen.getByRole('list', { name: 'Rejected results' });
  await expect.element(rejected).toMatchTextContent(/Task 4/);
  await expect.element(rejected).toMatchTextContent(/differs from two agreeing results/);
});

test('progress, phases and cost follow the view', async () => {
  const kiln = fakeKiln();
  kiln.requestor.jobs.set([film()]);
  const screen = await render(JobPage, { kiln, cid: SAMPLE_JOB });
  const progress = screen.getByRole('progressbar', { name: 'Job progress' });
  await expect.element(progress).toHaveAttribute('aria-valuenow', '25');
  const shelf = screen.getByRole('img', {
    name: '4 tasks: 1 verified, 1 being checked, 1 running, 1 waiting',
  });
  await expect.element(shelf).toBeVisible();
  kiln.requestor.jobs.set([film(['verified', 'verified', 'checking', 'waiting'])]);
  await expect.element(progress).toHaveAttribute('aria-valuenow', '50');
});

test('frames appear as they are verified, those from before a reload too', async () => {
  const kiln = fakeKiln();
  kiln.requestor.jobs.set([film()]);
  const screen = await render(JobPage, { kiln, cid: SAMPLE_JOB });
  const frame = (n: number, state: string) => screen.getByRole('listitem', { name: `Frame ${n}, ${state}` });
  await expect.element(frame(1, 'verified')).toBeVisible();
  await expect.element(frame(2, 'running')).toBeVisible();
  kiln.verify(1);
  await expect.element(frame(2, 'verified')).toBeVisible();
  const canvas = frame(2, 'verified').element().querySelector('canvas')!;
  const [red = 0] = canvas.getContext('2d')!.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
  expect(red).toBeGreaterThan(200);
});

test('rows of a table are counted while they come', async () => {
  const kiln = fakeKiln();
  const job = sampleJob(tableManifest(4), HALF_DONE, Date.now());
  kiln.requestor.jobs.set([job]);
  const screen = await render(JobPage, { kiln, cid: job.job });
  await expect.element(screen.getByRole('img', { name: 'x over r, 2 rows' })).toBeVisible();
  kiln.verify(2);
  await expect.element(screen.getByRole('img', { name: 'x over r, 4 rows' })).toBeVisible();
});

test('a finished job puts its result together once and offers it', async () => {
  const kiln = fakeKiln([{ name: 'sweep.csv', mediaType: 'text/csv', bytes: utf8('r,x\n2.5,0.6\n') }]);
  const job = { ...sampleJob(tableManifest(1), ['verified'], Date.now()), status: 'done' as const };
  kiln.requestor.jobs.set([job]);
  const screen = await render(JobPage, { kiln, cid: job.job });
  await expect.element(screen.getByRole('button', { name: 'Download sweep.csv' })).toBeVisible();
  await expect
    .element(screen.getByRole('table', { name: 'First rows of the result' }))
    .toMatchTextContent(/0\.6/);
  await expect.element(screen.getByRole('button', { name: 'Save the signed record' })).toBeVisible();
  expect(kiln.calls.filter((call) => call === 'requestor.assemble')).toHaveLength(1);
});

test('an unknown job is said to be unknown', async () => {
  const screen = await render(JobPage, { kiln: fakeKiln(), cid: SAMPLE_JOB });
  await expect.element(screen.getByRole('heading', { name: 'No such job here' })).toBeVisible();
});
