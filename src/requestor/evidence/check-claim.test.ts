import { expect, test } from 'vitest';
import { ownBytes } from '../../base/bytes.ts';
import { FakeSandbox } from '../../../tests/mesh/twins/fake-sandbox.ts';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { tinyJob } from '../../../tests/mesh/twins/tiny-job.ts';
import { manifestBytes } from '../../job/manifest.ts';
import type { SoundProof } from '../../verification/fraud-proof.ts';
import type { RequestorNetwork } from '../slices.ts';
import { checkClaim } from './check-claim.ts';
import { CHECK_FETCH_MS } from './constants.ts';

test('inputs that an accuser never sends in full are given up with the check, not fetched for ever', async () => {
  using clock = new ManualClock();
  const { manifest } = await tinyJob({ tasks: 2 });
  const fetches: AbortSignal[] = [];
  const blobs = {
    get: (_: string, { maxBytes, signal }: { maxBytes: number; signal: AbortSignal }) => {
      if (maxBytes > 1_000) return Promise.resolve(ownBytes(manifestBytes(manifest)));
      fetches.push(signal);
      return new Promise(() => {});
    },
  } as unknown as RequestorNetwork['blobs'];
  const statements = [{ result: { exit: { kind: 'ok' }, outputs: [] } }];
  const proof = { kind: 'refuted', job: 'job', task: 0, statements };
  const sound = { proof, accuser: 'a', requestor: 'r' } as unknown as SoundProof;
  const init = { blobs, sandbox: new FakeSandbox({ clock }), clock };
  const checked = checkClaim(init, sound, new AbortController().signal);
  await clock.advance(CHECK_FETCH_MS + 1);
  expect(await checked).toBe('unknown');
  expect(fetches.length).toBeGreaterThan(0);
  expect(fetches.every(({ aborted }) => aborted)).toBe(true);
});
