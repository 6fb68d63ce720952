import { formatUnits } from 'viem';
import type { JobProgress } from './requestor-tab.ts';
import type { Settlement } from './settlement.ts';

/** GLM has 18 decimals on every chain (design: payments). */
const GLM_DECIMALS = 18;

/** The video that came out. */
export interface VideoFile {
  readonly path: string;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
}

/** `report.json`: amounts are GLM as exact decimal texts. */
export interface DemoReport {
  readonly tasks: number;
  readonly verified: number;
  readonly executions: number;
  readonly providers: readonly {
    readonly peer: string;
    readonly payee: string;
    readonly tasks: number;
    readonly glmPaid: string;
    readonly glmRedeemed: string;
  }[];
  /** From the submission until the last task was verified. */
  readonly wallSeconds: number;
  readonly timeToFirstResultSeconds: number;
  readonly video: VideoFile;
  readonly rejected: readonly { readonly task: number; readonly peer: string; readonly reason: string }[];
  /** What kept the demo from its exit code 0; empty when all went well. */
  readonly faults: readonly string[];
}

/** Puts the report together. */
export function makeReport(
  job: JobProgress,
  settlements: readonly Settlement[],
  video: VideoFile,
  faults: readonly string[],
): DemoReport {
  const secondsAfterStart = (atMs: number | undefined) =>
    Math.round((atMs ?? job.createdAtMs) - job.createdAtMs) / 1_000;
  return {
    tasks: job.tasks,
    verified: job.verified,
    executions: job.executions,
    providers: settlements.map(({ peer, payee, tasks, paid, redeemed }) => ({
      peer,
      payee,
      tasks,
      glmPaid: formatUnits(paid, GLM_DECIMALS),
      glmRedeemed: formatUnits(redeemed, GLM_DECIMALS),
    })),
    wallSeconds: secondsAfterStart(job.endedAtMs),
    timeToFirstResultSeconds: secondsAfterStart(job.firstResultAtMs),
    video,
    rejected: job.rejected,
    faults,
  };
}

/** The cost by provider as a table for the terminal. */
export function costTable(report: DemoReport): string {
  const rows = report.providers.map(({ peer, tasks, glmPaid, glmRedeemed }) => [
    `…${peer.slice(-8)}`,
    String(tasks),
    glmPaid,
    glmRedeemed,
  ]);
  const table = [['provider', 'tasks paid', 'GLM paid', 'GLM redeemed'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')).join('\n');
}
