import type { TaskTrace } from '../../protocol/task-trace.ts';
import { OTHER_ADDRESS, OTHER_PEER, SAMPLE_ADDRESS, SAMPLE_PEER, THIRD_PEER } from './sample-views.ts';

const digest = (byte: number) => new Uint8Array(32).fill(byte);
const nonce = new Uint8Array(16);

/** A task at which a liar was caught: two agree, the third differs, the result stands for now. */
export function sampleTrace(task: number, beganAtMs: number): TaskTrace {
  const run = (lease: string, peer: string, payee: string, at: number, byte: number) => ({
    lease,
    peer,
    payee,
    agreement: lease.repeat(64).slice(0, 64),
    cause: 'work' as const,
    leasedAt: beganAtMs + at,
    committedAt: beganAtMs + at + 1_000,
    commit: `${lease}.${task}`,
    wallMs: 900,
    revealedAt: beganAtMs + 4_000,
    nonce,
    digest: digest(byte),
    exit: { kind: 'ok' as const },
  });
  const told = (outcome: 'provisional' | 'rejected', reason?: string) => [
    { at: beganAtMs + 4_500, outcome, ...(reason === undefined ? {} : { reason }) },
  ];
  return {
    task,
    runs: [
      { ...run('a', OTHER_PEER, SAMPLE_ADDRESS, 0, 0x3f), verdicts: told('provisional') },
      {
        ...run('b', THIRD_PEER, OTHER_ADDRESS, 200, 0x99),
        verdicts: told('rejected', 'differs from two agreeing results'),
      },
      { ...run('c', SAMPLE_PEER, OTHER_ADDRESS, 2_000, 0x3f), verdicts: told('provisional') },
    ],
    checks: [],
    steps: [
      { kind: 'settled', at: beganAtMs + 4_400, canonical: 'a', digest: digest(0x3f), isReplacing: false },
    ],
    omitted: 0,
  };
}
