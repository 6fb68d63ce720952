import { expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import { utf8 } from '../../base/bytes.ts';
import type { TaskPhase } from '../../requestor/view.ts';
import { KilnError } from '../../base/errors.ts';
import { fakeKiln } from '../test/fake-kiln.ts';
import { sampleTrace } from '../test/sample-trace.ts';
import { SAMPLE_REPORT } from '../test/sample-report.ts';
import {
  filmManifest,
  MINUTE_MS,
  OTHER_PEER,
  SAMPLE_JOB,
  sampleJob,
  tableManifest,
} from '../test/sample-views.ts';
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
  const shelf = screen.getByRole('toolbar', {
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

test('a task tells its story, by mouse and by keyboard, and says that it stands only for now', async () => {
  const kiln = fakeKiln();
  kiln.traces.set(1, sampleTrace(1, Date.now() - 60_000));
  kiln.requestor.jobs.set([film(['verified', 'provisional', 'checking', 'waiting'])]);
  const screen = await render(JobPage, { kiln, cid: SAMPLE_JOB });
  const brick = screen.getByRole('button', { name: 'Task 2: standing for now' });
  await brick.click();
  await expect.element(screen.getByRole('heading', { name: 'Task 2' })).toHaveFocus();
  await expect.element(brick).toHaveAttribute('aria-pressed', 'true');
  await expect
    .element(screen.getByText('Stands for now; is checked again before the job closes.'))
    .toBeVisible();
  const story = screen.getByRole('list', { name: 'Story of task 2' });
  await expect.element(story).toMatchTextContent(/Rejected from …ntZ9WjHa, unpaid: differs from two/);
  await expect
    .element(story.getByRole('button', { name: /Copy result 999999…9999/ }))
    .toHaveAttribute('title', '99'.repeat(32));
  await userEvent.keyboard('{Escape}');
  await expect.element(story).not.toBeInTheDocument();
  await expect.element(brick).toHaveFocus();
  await userEvent.keyboard('{ArrowRight}{Enter}');
  await expect.element(screen.getByRole('heading', { name: 'Task 3' })).toHaveFocus();
  await expect.element(screen.getByText('Nobody has been given this task yet.')).toBeVisible();
  await screen.getByRole('button', { name: 'Previous' }).click();
  await expect.element(story).toBeVisible();
  const jump = screen.getByRole('spinbutton', { name: 'Go to task' });
  await jump.fill('4');
  await userEvent.keyboard('{Tab}');
  await expect.element(screen.getByRole('heading', { name: 'Task 4' })).toHaveFocus();
  await jump.fill('5');
  await userEvent.keyboard('{Tab}');
  await expect.element(jump).toHaveValue(4);
});

test('a frame and a rejected result lead to the story of their task', async () => {
  const kiln = fakeKiln();
  kiln.traces.set(3, sampleTrace(3, Date.now()));
  kiln.requestor.jobs.set([film()]);
  const screen = await render(JobPage, { kiln, cid: SAMPLE_JOB });
  await screen.getByRole('button', { name: 'Story of frame 1' }).click();
  await expect.element(screen.getByRole('heading', { name: 'Task 1' })).toBeVisible();
  await screen
    .getByRole('list', { name: 'Rejected results' })
    .getByRole('button', { name: 'Task 4' })
    .click();
  await expect.element(screen.getByRole('list', { name: 'Story of task 4' })).toBeVisible();
});

test('what did not go as planned is noted, the newest first', async () => {
  const kiln = fakeKiln();
  kiln.requestor.jobs.set([{ ...film(), notes: ['First note.', 'Second note.'] }]);
  const screen = await render(JobPage, { kiln, cid: SAMPLE_JOB });
  await expect
    .element(screen.getByRole('list', { name: 'Notes' }))
    .toMatchTextContent(/Second note\.\s*First note\./);
});

test('who was excluded is said with the reason', async () => {
  const kiln = fakeKiln();
  kiln.requestor.jobs.set([film()]);
  const screen = await render(JobPage, { kiln, cid: SAMPLE_JOB });
  await expect
    .element(screen.getByRole('list', { name: 'Excluded providers' }))
    .toMatchTextContent(
      /…ntZ9WjHa gets no more of this job.*Result of task 4 rejected: differs from two agreeing/,
    );
});

test('who was put aside for wasted time is said with the reason, and that it is paid', async () => {
  const kiln = fakeKiln();
  const job = film();
  const [first, ...others] = job.providers;
  const endReason = "Wasted this job's time: it let the time of 3 tasks run out.";
  kiln.requestor.jobs.set([
    {
      ...job,
      rejected: [],
      providers: [{ ...first!, state: 'set-aside', endReason }, ...others.slice(0, 1)],
    },
  ]);
  const screen = await render(JobPage, { kiln, cid: SAMPLE_JOB });
  await expect
    .element(screen.getByRole('list', { name: 'Excluded providers' }))
    .toMatchTextContent(/What it did right counts and is paid.*let the time of 3 tasks run out/);
  await expect.element(screen.getByText('Put aside')).toBeVisible();
});

test('a trace that cannot be read is said, and so is a record', async () => {
  const kiln = fakeKiln();
  kiln.requestor.jobs.set([{ ...film(), status: 'cancelled' as const }]);
  const screen = await render(JobPage, { kiln, cid: SAMPLE_JOB });
  kiln.failNext('requestor.trace', new KilnError('storage/closed', 'The store is closed.'));
  await screen.getByRole('button', { name: 'Task 1: verified' }).click();
  await expect.element(screen.getByText('The store is closed.')).toBeVisible();
  kiln.failNext('requestor.runRecord', new KilnError('run/too-large', 'The record is too large.'));
  await screen.getByRole('button', { name: 'Save the signed record' }).click();
  await expect.element(screen.getByText('The record is too large.')).toBeVisible();
});

test('what stands for now is counted in the head', async () => {
  const kiln = fakeKiln();
  kiln.requestor.jobs.set([film(['verified', 'provisional', 'provisional', 'waiting'])]);
  const screen = await render(JobPage, { kiln, cid: SAMPLE_JOB });
  await expect.element(screen.getByText(/1 of 4 tasks verified, 2 stand for now/)).toBeVisible();
});

test('a job that waits says what the board offers, what it should pay, and whom it turned down', async () => {
  const kiln = fakeKiln();
  const asked: number[] = [];
  const explainJob = (_job: string, emptyMs: number) => {
    asked.push(emptyMs);
    const most = 15n * 10n ** 13n;
    const prices = { priceCeiling: 10n ** 14n, highestCeiling: most, suggestedCeiling: most };
    return { report: SAMPLE_REPORT, seats: 4, ...prices };
  };
  const refused = [
    {
      peer: OTHER_PEER,
      reason: 'price-above-ceiling' as const,
      detail: 'price 20 % above what the job pays',
      atMs: Date.now(),
    },
  ];
  const waitingFor = 'providers: none has taken this job yet';
  kiln.requestor.jobs.set([{ ...film(), providers: [], refused, waitingFor }]);
  const requestor = { ...kiln.requestor, explainJob };
  const screen = await render(JobPage, { kiln: { ...kiln, requestor }, cid: SAMPLE_JOB });
  await expect.element(screen.getByText(`Waiting for ${waitingFor}`)).toBeVisible();
  await expect.element(screen.getByText(/12 providers are on the board, 1 of them matches/)).toBeVisible();
  await expect.element(screen.getByText(/A highest price of 0\.72.*would bring\s+5 more/)).toBeVisible();
  await expect.element(screen.getByText(/its budget would bear/)).toMatchTextContent(/0\.36.*0\.54/);
  await expect.element(screen.getByText(/left of the budget does not bear it/)).toBeVisible();
  await expect.element(screen.getByText('Ask for 4 GiB memory in a new job: 4 more.')).toBeVisible();
  expect(asked[0]).toBeGreaterThanOrEqual(2 * MINUTE_MS);
  const list = screen.getByRole('list', { name: 'Providers turned down' });
  await expect.element(list).not.toBeInTheDocument();
  await screen.getByText('1 provider was turned down').click();
  await expect.element(list).toMatchTextContent(/price 20 % above what the job pays/);
  kiln.requestor.jobs.set([film()]);
  await expect.element(screen.getByText(/12 providers are on the board/)).not.toBeInTheDocument();
});

test('a running job can be made to offer more, and a price that is refused is said to be', async () => {
  const kiln = fakeKiln();
  const raised: bigint[] = [];
  const requestor = {
    ...kiln.requestor,
    explainJob: () => ({ report: SAMPLE_REPORT, seats: 4, priceCeiling: 10n ** 14n }),
    raiseCeiling: async (job: string, priceCeiling: bigint) => {
      expect(job).toBe(SAMPLE_JOB);
      raised.push(priceCeiling);
      if (raised.length > 1) throw new KilnError('requestor/ceiling-beyond-budget', 'It would not last.');
    },
  };
  kiln.requestor.jobs.set([
    { ...film(), providers: [], waitingFor: 'providers: none has taken this job yet' },
  ]);
  const screen = await render(JobPage, { kiln: { ...kiln, requestor }, cid: SAMPLE_JOB });
  const button = screen.getByRole('button', { name: /Raise the highest price to 0\.72/ });
  await button.click();
  await expect.element(button).toBeEnabled();
  expect(raised).toEqual([2n * 10n ** 14n]);
  await button.click();
  await expect.element(screen.getByText('It would not last.')).toBeVisible();
});

test('why a job finds nobody may be unknown, and that is said', async () => {
  const kiln = fakeKiln();
  const explainJob = () => {
    throw new KilnError('requestor/bad-requirements', 'These requirements cannot be announced.');
  };
  kiln.requestor.jobs.set([
    { ...film(), providers: [], waitingFor: 'providers: none has taken this job yet' },
  ]);
  const requestor = { ...kiln.requestor, explainJob };
  const screen = await render(JobPage, { kiln: { ...kiln, requestor }, cid: SAMPLE_JOB });
  await expect.element(screen.getByText('These requirements cannot be announced.')).toBeVisible();
});

test('an unknown job is said to be unknown', async () => {
  const screen = await render(JobPage, { kiln: fakeKiln(), cid: SAMPLE_JOB });
  await expect.element(screen.getByRole('heading', { name: 'No such job here' })).toBeVisible();
});
