import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { WASI_JOB } from '../../job/manifest.fixture.ts';
import { DEMAND, NOW_MS, SOME_CID } from '../../protocol/messages.fixture.ts';
import type { Policy } from '../../protocol/policy.ts';
import { MAX_NOTES_SHOWN, MAX_REJECTED_SHOWN } from '../constants.ts';
import { JobProgress } from './job-progress.ts';
import { recordedLink } from '../seats/link.fixture.ts';
import type { JobRecord } from '../records.ts';

let clock: ManualClock;
beforeEach(() => (clock = new ManualClock(NOW_MS)));
afterEach(() => clock[Symbol.dispose]());

const OK = { kind: 'ok' } as const;
const QUORUM: Policy = { kind: 'quorum', need: 2, limit: 3, auditRate: 0 };

function recordOf(policy: Policy = QUORUM): JobRecord {
  return {
    job: SOME_CID,
    manifest: { ...WASI_JOB, policy },
    terms: { budget: 100n, priceCeiling: 1n, microUnitsPerTask: 1, seats: 4 },
    payment: DEMAND.payment,
    cap: 100n,
    status: 'running',
    createdAtMs: NOW_MS,
    executions: 0,
    rejected: [],
    banned: [],
    providers: [],
  };
}

function progressOf(tasks = 4, record = recordOf()): JobProgress {
  return new JobProgress(record, tasks, clock.now());
}

const view = (progress: JobProgress, links: Parameters<JobProgress['view']>[0] = []) =>
  progress.view(links, 7n, 3n, clock.now());

describe('a task', () => {
  test('goes from waiting to running, checking and verified, and back when it is lost', () => {
    const progress = progressOf();
    progress.run(0);
    progress.run(1);
    progress.check(1);
    progress.run(2);
    progress.wait(2);
    progress.verify(3, OK, clock.now());
    expect(view(progress).phases).toEqual(['running', 'checking', 'waiting', 'verified']);
  });
  test('that is checked is not called running again by a second replica', () => {
    const progress = progressOf();
    progress.check(0);
    progress.run(0);
    expect(view(progress).phases[0]).toBe('checking');
  });
  test('that is verified stays so, whatever late replicas do, and counts once', () => {
    const progress = progressOf();
    progress.verify(0, OK, clock.now());
    for (const late of ['wait', 'run', 'check'] as const) progress[late](0);
    progress.verify(0, OK);
    expect([view(progress).phases[0], progress.verified]).toEqual(['verified', 1]);
  });
  test('that has to run again is waiting, and counts no more', () => {
    const progress = progressOf();
    progress.verify(0, OK, clock.now());
    progress.reopen(0);
    progress.reopen(1);
    expect([view(progress).phases[0], progress.verified]).toEqual(['waiting', 0]);
    progress.verify(0, OK, clock.now());
    expect(progress.verified).toBe(1);
  });
});

describe('the time left', () => {
  test('follows the pace since the tab opened; what was read from the store is no pace', async () => {
    const progress = progressOf(10);
    for (const task of [0, 1, 2, 3]) progress.verify(task, OK);
    await clock.advance(1_000);
    expect(view(progress).etaMs).toBeUndefined();
    progress.verify(4, OK, clock.now());
    progress.verify(5, OK, clock.now());
    expect(view(progress).etaMs).toBe(2_000);
    expect(view(progress).firstResultAtMs).toBe(NOW_MS + 1_000);
  });
  test('is not told once the job has ended', async () => {
    const progress = progressOf(2);
    await clock.advance(1_000);
    progress.verify(0, OK, clock.now());
    progress.end('cancelled', clock.now());
    expect(view(progress)).toMatchObject({ status: 'cancelled', endedAtMs: clock.now() });
    expect(view(progress).etaMs).toBeUndefined();
  });
});

describe('what a job waits for', () => {
  const working = (number: number, payee?: string) =>
    recordedLink(clock, number, payee === undefined ? {} : { payee }).link;
  const waiting = (policy: Policy, ...links: ReturnType<typeof working>[]) =>
    view(progressOf(4, recordOf(policy)), links).waitingFor;

  test('is providers, while there is none', () => {
    expect(waiting(QUORUM)).toMatch(/^providers/);
  });
  test('is a second one of another payee where two must agree', () => {
    expect(waiting(QUORUM, working(2))).toMatch(/^a second provider/);
    expect(waiting(QUORUM, working(2, `0x${'AB'.repeat(20)}`), working(3, `0x${'ab'.repeat(20)}`))).toMatch(
      /^a second provider/,
    );
    expect(waiting(QUORUM, working(2), working(3))).toBeUndefined();
    expect(waiting({ kind: 'trust', auditRate: 0 }, working(2))).toBeUndefined();
  });
  test('a provider that was dismissed is none', () => {
    const gone = working(2);
    gone.end('ended', 'late');
    expect(waiting(QUORUM, gone)).toMatch(/^providers/);
  });
  test('is money before anything else, and nothing once it has ended', () => {
    const progress = progressOf();
    progress.isBroke = true;
    expect(view(progress).waitingFor).toMatch(/^the budget/);
    progress.end('failed', clock.now(), 'no money');
    expect(view(progress)).toMatchObject({ status: 'failed', error: 'no money' });
    expect(view(progress).waitingFor).toBeUndefined();
  });
});

describe('a result that stands for now', () => {
  test('is counted apart until it is released, and stays shown while it is checked', () => {
    const progress = progressOf();
    progress.stand(0, clock.now());
    progress.stand(1, clock.now());
    progress.stand(1, clock.now());
    progress.verify(1, OK, clock.now());
    progress.check(0);
    progress.wait(0);
    expect(view(progress)).toMatchObject({
      verified: 1,
      provisional: 1,
      phases: ['provisional', 'verified', 'waiting', 'waiting'],
    });
    expect(progress.settled).toBe(2);
    progress.reopen(0);
    progress.reopen(1);
    expect(view(progress)).toMatchObject({ verified: 0, provisional: 0 });
  });
  test('does not end the job by its fault before it is released', () => {
    const progress = progressOf();
    progress.stand(2, clock.now());
    expect(progress.fault).toBeUndefined();
    progress.verify(2, { kind: 'trap', message: '' }, clock.now());
    expect(progress.fault).toMatch(/^Task 3/);
  });
  test('is waited for at the end: the view says how many checks are left, and who is missing for them', () => {
    const progress = progressOf(1, recordOf({ kind: 'adaptive', auditRate: 0 }));
    const { link } = recordedLink(clock, 2);
    progress.stand(0, clock.now());
    progress.closingChecks = 3;
    expect(view(progress, [link, recordedLink(clock, 3).link]).waitingFor).toBe('closing checks: 3 left');
    expect(view(progress, [link]).waitingFor).toMatch(/^closing checks: 3 left; a second provider/);
  });
});

test('notes are kept once each, the newest of very many', () => {
  const progress = progressOf();
  expect(view(progress).notes).toBeUndefined();
  for (let i = 0; i <= MAX_NOTES_SHOWN; i++) {
    progress.note(`note ${i}`);
    progress.note(`note ${i}`);
  }
  const { notes = [] } = view(progress);
  expect([notes.length, notes[0], notes.at(-1)]).toEqual([
    MAX_NOTES_SHOWN,
    'note 1',
    `note ${MAX_NOTES_SHOWN}`,
  ]);
});

describe('over a reload', () => {
  test('a banned provider stays banned, with the reason', () => {
    const progress = progressOf();
    const { link } = recordedLink(clock, 2);
    progress.ban(link.peer, 'it lied');
    link.end('banned', 'it lied');
    const [line] = new JobProgress(progress.record([link]), 4, clock.now()).record([]).providers;
    expect(line).toMatchObject({ state: 'banned', endReason: 'it lied' });
  });
  test('the record keeps results that did not count, bans, counts and times', async () => {
    const progress = progressOf();
    const { link } = recordedLink(clock, 2);
    progress.execute(3);
    progress.ban('liar', 'wrong');
    progress.reject({ task: 1, peer: 'liar', reason: 'wrong' });
    await clock.advance(500);
    progress.verify(0, OK, clock.now());
    progress.end('failed', clock.now(), 'why');
    const record = progress.record([link]);
    const after = new JobProgress(record, 4, clock.now() + 9_000);
    expect(after.record([])).toEqual({
      ...record,
      providers: record.providers.map((one) => ({ ...one, state: 'ended' })),
    });
    expect(after.banned).toEqual(new Set(['liar']));
  });
  test('the pay of a provider that is linked again is counted once, what it executed is added up', () => {
    const { link } = recordedLink(clock, 2);
    link.executions = 5;
    link.notePaid(4, 40n);
    const record = progressOf().record([link]);
    const { link: again } = recordedLink(clock, 2);
    again.executions = 2;
    again.notePaid(6, 60n);
    const [line, ...more] = new JobProgress(record, 4, clock.now()).record([again]).providers;
    expect(more).toEqual([]);
    expect(line).toMatchObject({ peer: link.peer, executions: 7, tasksPaid: 6, paid: 60n, state: 'working' });
  });
  test('two agreements of one provider are one line', () => {
    const [old, young] = [recordedLink(clock, 2).link, recordedLink(clock, 2).link];
    old.end('ended', 'replaced');
    for (const link of [old, young]) {
      link.executions = 3;
      link.notePaid(1, 10n);
    }
    const { providers } = view(progressOf(), [old, young]);
    expect(providers).toEqual([
      expect.objectContaining({ executions: 6, tasksPaid: 2, paid: 20n, state: 'working' }),
    ]);
  });
});

test('only the newest of very many rejected results are kept', () => {
  const progress = progressOf();
  for (let task = 0; task <= MAX_REJECTED_SHOWN; task++) progress.reject({ task, peer: 'p', reason: 'r' });
  const { rejected } = view(progress);
  expect([rejected.length, rejected[0]!.task]).toEqual([MAX_REJECTED_SHOWN, 1]);
});

test('a view is of its moment: later changes do not reach into it', () => {
  const progress = progressOf();
  const before = view(progress);
  progress.verify(0, OK, clock.now());
  expect(before.phases[0]).toBe('waiting');
  expect(before).toMatchObject({ budget: 100n, spent: 7n, pricePerTaskCeiling: 3n, verified: 0 });
});

test('a verified fault is told until its task runs again', () => {
  const progress = progressOf();
  progress.verify(2, { kind: 'fuel', message: 'any words' });
  expect(progress.fault).toMatch(/^Task 3: the program used up its fuel\. Try/);
  progress.reopen(2);
  expect(progress.fault).toBeUndefined();
});
