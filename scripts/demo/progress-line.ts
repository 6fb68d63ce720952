import type { JobProgress } from './requestor-tab.ts';

const BAR_CELLS = 30;
/** Without a terminal a line is printed at most this often. */
const PLAIN_INTERVAL_MS = 5_000;

/** One line that says how far a job is. */
export function progressText(job: JobProgress): string {
  const done = job.tasks === 0 ? 0 : job.verified / job.tasks;
  const cells = Math.round(done * BAR_CELLS);
  const bar = `${'█'.repeat(cells)}${'░'.repeat(BAR_CELLS - cells)}`;
  const left =
    job.status === 'done'
      ? 'done'
      : job.waitingFor !== undefined
        ? job.waitingFor
        : job.etaMs === undefined
          ? 'measuring'
          : `about ${Math.ceil(job.etaMs / 1_000)} s left`;
  return `${bar} ${job.verified}/${job.tasks} frames verified · ${job.executions} results · ${left}`;
}

/** Shows progress in place on a terminal, else as a line now and then. */
export class ProgressLine {
  #lastText = '';
  #lastAtMs = 0;

  show(text: string): void {
    if (process.stdout.isTTY) {
      process.stdout.write(`\r\u001b[2K${text}`);
      return;
    }
    const now = performance.now();
    if (text === this.#lastText || now - this.#lastAtMs < PLAIN_INTERVAL_MS) return;
    this.#lastText = text;
    this.#lastAtMs = now;
    console.log(text);
  }

  /** Leaves the last text standing. */
  end(text: string): void {
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[2K${text}\n`);
    else console.log(text);
  }
}
