import { expect, test } from 'vitest';
import type { KilnError } from '../base/errors.ts';
import { encode } from '../protocol/codec.ts';
import { seal } from '../protocol/envelope.ts';
import { identityFromSeed } from '../protocol/identity.ts';
import { commitment } from '../protocol/task.ts';
import type { Commit } from '../protocol/work.ts';
import { checkFraudProof, type FraudProof } from './fraud-proof.ts';

const job = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
const cheat = identityFromSeed(new Uint8Array(32).fill(1));
const victim = identityFromSeed(new Uint8Array(32).fill(2));
const nonce = new Uint8Array(16).fill(9);

async function statement(fill: number, task = 3, signer = cheat) {
  const digest = new Uint8Array(32).fill(fill);
  const commit: Commit = {
    agreement: 'ab'.repeat(32),
    lease: 'l1',
    entries: [{ task, commitment: await commitment(job, task, cheat.peer, nonce, digest) }],
  };
  return { commit: seal(signer, 'kiln/commit/1', commit), nonce, digest };
}
async function proof(change: Partial<FraudProof> = {}): Promise<FraudProof> {
  const statements: FraudProof['statements'] = [await statement(1), await statement(2)];
  return { version: 1, job, task: 3, provider: cheat.peer, statements, ...change };
}
async function refusal(made: FraudProof): Promise<string> {
  return checkFraudProof(encode(made)).then(
    () => 'accepted',
    (error: unknown) => `${(error as KilnError).code}: ${(error as KilnError).message}`,
  );
}

test('two signed digests for one task are a proof that survives the wire', async () => {
  const bytes = encode(await proof());
  expect(encode(await checkFraudProof(bytes))).toEqual(bytes);
});

test('nobody can be framed', async () => {
  expect(await refusal(await proof({ statements: [await statement(1), await statement(1)] }))).toBe(
    'fraud/not-proven: Both statements say the same.',
  );
  expect(await refusal(await proof({ statements: [await statement(1), await statement(2, 4)] }))).toBe(
    'fraud/not-proven: A statement is not about this task and digest.',
  );
  expect(
    await refusal(await proof({ statements: [await statement(1), await statement(2, 3, victim)] })),
  ).toBe('fraud/not-proven: A statement is signed by somebody else.');
  expect(await refusal(await proof({ provider: victim.peer }))).toBe(
    'fraud/not-proven: A statement is signed by somebody else.',
  );
  const invented = { ...(await statement(2)), digest: new Uint8Array(32).fill(7) };
  expect(await refusal(await proof({ statements: [await statement(1), invented] }))).toBe(
    'fraud/not-proven: A statement is not about this task and digest.',
  );
});

test('a changed signature or form is refused by name', async () => {
  const made = await proof();
  const [a, b] = made.statements;
  const bent = { ...b, commit: { ...b.commit, signature: b.commit.signature.map((byte) => byte ^ 1) } };
  expect(await refusal(await proof({ statements: [a, bent] }))).toContain('envelope/bad-signature');
  expect(await refusal({ ...made, version: 2 } as unknown as FraudProof)).toContain('protocol/invalid');
});
