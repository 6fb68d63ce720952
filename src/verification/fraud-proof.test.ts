import { describe, expect, test } from 'vitest';
import type { KilnError } from '../base/errors.ts';
import type { FraudProof } from '../protocol/fraud.ts';
import { ADDRESS, identityOf, SOME_CID } from '../protocol/messages.fixture.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { seal } from '../protocol/envelope.ts';
import { isProvenAtOnce, isSameEverywhere, openFraudProof } from './fraud-proof.ts';
import {
  ACCUSER,
  CHEAT,
  proofBytes,
  proofOf,
  resultSaying,
  statementOf,
  type StatementChange,
} from './fraud-proof.fixture.ts';

const OTHER_CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
const victim = identityOf(13);
const say = (fill: number, change: Partial<StatementChange> = {}) =>
  statementOf({ result: resultSaying(fill), ...change });

async function refusal(proof: unknown): Promise<string> {
  return openFraudProof(proofBytes(proof as FraudProof)).then(
    () => 'accepted',
    (error: unknown) => `${(error as KilnError).code}: ${(error as KilnError).message}`,
  );
}

test('two signed results for one task are a proof that survives the wire, and names who made it', async () => {
  const bytes = proofBytes(proofOf([await say(1), await say(2)]));
  const sound = await openFraudProof(bytes);
  expect(sound).toMatchObject({
    accuser: ACCUSER.peer,
    payee: ADDRESS,
    kind: 'wasi',
    proof: { kind: 'equivocation', provider: CHEAT.peer, task: 3 },
  });
  expect(isProvenAtOnce(sound)).toBe(true);
});

test('one signed result is a sound claim, but proves nothing by itself', async () => {
  const sound = await openFraudProof(proofBytes(proofOf([await say(1)])));
  expect(sound.proof.kind).toBe('refuted');
  expect(isProvenAtOnce(sound)).toBe(false);
  const model = { agreement: { kind: 'onnx' as const } };
  const twice = await openFraudProof(proofBytes(proofOf([await say(1, model), await say(2, model)])));
  expect(isProvenAtOnce(twice)).toBe(false);
});

describe('nobody can be framed', () => {
  const notProven = (message: string) => `fraud/not-proven: ${message}`;

  test('by saying one thing twice', async () => {
    expect(await refusal(proofOf([await say(1), await say(1)]))).toBe(
      notProven('Both statements say the same.'),
    );
  });
  test('by words about another task, job or provider', async () => {
    const first = await say(1);
    expect(await refusal(proofOf([first, await say(2, { task: 4 })]))).toBe(
      notProven('A statement is not about this task and result.'),
    );
    expect(await refusal(proofOf([first, await say(2, { job: OTHER_CID })]))).toBe(
      notProven('A statement is about another job.'),
    );
    const other = await say(2, { agreement: { provider: victim.peer } });
    expect(await refusal(proofOf([first, other]))).toBe(notProven('A statement is about another job.'));
  });
  test('by words that somebody else signed', async () => {
    const foreign = notProven('A statement is signed by somebody else.');
    expect(await refusal(proofOf([await say(1), await say(2, { signer: victim })]))).toBe(foreign);
    expect(await refusal({ ...proofOf([await say(1)]), provider: victim.peer })).toBe(foreign);
    const said = await say(1);
    const agreement = { ...said, agreement: (await say(1, { signer: victim })).agreement };
    expect(await refusal(proofOf([agreement]))).toBe(foreign);
  });
  test('by terms it never agreed to for this commit', async () => {
    const said = await say(1);
    const { agreement } = await say(1, { agreement: { slots: 7 } });
    expect(await refusal(proofOf([{ ...said, agreement }]))).toBe(
      notProven('A statement was made under another agreement.'),
    );
  });
  test('by a job whose honest results may differ', async () => {
    const may = notProven('Honest results of this job may differ.');
    const tolerance = { class: 'tolerance', rtol: 0.1, atol: 0, maxOutliers: 0 } as const;
    expect(await refusal(proofOf([await say(1, { agreement: { comparator: tolerance } })]))).toBe(may);
    expect(await refusal(proofOf([await say(1, { agreement: { kind: 'wgsl' } })]))).toBe(may);
  });
  test('by another release of the sandbox, or a run that was stopped', async () => {
    const other = { ...resultSaying(1), fuelUsed: 6 };
    expect(await refusal(proofOf([await say(1), await say(1, { result: other })]))).toBe(
      notProven('Both statements say the same.'),
    );
    const fault = { ...resultSaying(1), exit: { kind: 'fuel' as const, message: '' } };
    expect(await refusal(proofOf([await say(1, { result: fault })]))).toBe(
      notProven('A run that did not come to its end proves nothing.'),
    );
  });
  test('by a result that was made up', async () => {
    const said = await say(2);
    expect(await refusal(proofOf([{ ...said, result: resultSaying(7) }]))).toBe(
      notProven('A statement is not about this task and result.'),
    );
  });
});

test('a changed signature, form, domain or size is refused by name', async () => {
  const said = await say(2);
  const bent = { ...said.commit, signature: said.commit.signature.map((byte) => byte ^ 1) };
  expect(await refusal(proofOf([{ ...said, commit: bent }]))).toContain('envelope/bad-signature');
  expect(await refusal({ ...proofOf([said]), version: 2 })).toContain('protocol/invalid');
  expect(await refusal({ ...proofOf([said]), statements: [said, said] })).toContain('protocol/invalid');
  const crossed = { ...said, commit: seal(CHEAT, 'kiln/offer/1', {}) };
  expect(await refusal(proofOf([crossed]))).toContain('envelope/wrong-domain');
  const huge = { ...said, commit: { ...said.commit, payload: new Uint8Array(60_000) } };
  expect(await refusal(proofOf([huge]))).toContain('protocol/too-large');
});

test('only programs that run the same everywhere can be held against anybody', () => {
  const job = (program: object, comparator: object = { class: 'exact' }, limits?: object) =>
    ({ program, comparator, limits, job: SOME_CID }) as unknown as Manifest;
  expect(isSameEverywhere(job({ kind: 'wasi' }))).toBe(true);
  expect(isSameEverywhere(job({ kind: 'onnx', backend: 'wasm' }))).toBe(true);
  expect(isSameEverywhere(job({ kind: 'onnx', backend: 'webgpu' }))).toBe(false);
  expect(isSameEverywhere(job({ kind: 'wgsl' }))).toBe(false);
  expect(isSameEverywhere(job({ kind: 'wasi' }, { class: 'verifier' }))).toBe(false);
  // A device that lacks memory or stack ends the run by name; it never tells the program (sandbox/guest).
  expect(isSameEverywhere(job({ kind: 'wasi' }, { class: 'exact' }, { memoryBytes: 2 ** 30 }))).toBe(true);
});
