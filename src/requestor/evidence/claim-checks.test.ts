import { expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { SOME_CID } from '../../protocol/messages.fixture.ts';
import type { SoundProof } from '../../verification/fraud-proof.ts';
import type { CheckClaimInit } from './check-claim.ts';
import { ClaimChecks } from './claim-checks.ts';

const HOUR_MS = 3_600_000;

test('a claim that cannot be checked costs one attempt in an hour, however often its accused is met', async () => {
  using clock = new ManualClock(0);
  let attempts = 0;
  const blobs = { get: () => Promise.reject(new Error(`nobody has it: ${++attempts}`)) };
  const init = { blobs, sandbox: {}, clock } as unknown as CheckClaimInit;
  const checks = new ClaimChecks(init, new AbortController().signal);
  const claim = (digest: string) => {
    const proof = { job: SOME_CID, task: 0, kind: 'refuted', statements: [] };
    return { digest, accuser: 'a', requestor: 'r', proof } as unknown as SoundProof;
  };
  for (let i = 0; i < 30; i++) expect(await checks.ofOther(claim('one'))).toBe('unknown');
  expect(attempts).toBe(1);
  await checks.ofOther(claim('another'));
  expect(attempts).toBe(2);
  await clock.advance(HOUR_MS);
  await checks.ofOther(claim('one'));
  expect(attempts).toBe(3);
});
