import { expect, test } from 'vitest';
import { FRAUD_PROOF_BURST, MAX_FRAUD_PROOF_BYTES } from '../../protocol/constants.ts';
import { identityOf } from '../../protocol/messages.fixture.ts';
import { proofBytes, proofOf, resultSaying, statementOf } from '../../verification/fraud-proof.fixture.ts';
import { FraudGate } from './fraud-gate.ts';
import { heldClock } from '../testing/held-clock.ts';

const from = { origin: 'accuser', neighbour: 'relay', isTrusted: false };
const statement = await statementOf({ result: resultSaying(1) });
/** A claim that only its signer tells from the others. */
const claim = (accuser: number) => proofBytes(proofOf([statement]), identityOf(accuser));

test('a sound proof passes once, and again when it may reach peers that joined since', async () => {
  const clock = heldClock();
  const gate = new FraudGate(clock);
  const bytes = claim(1);
  expect((await gate.open(bytes, from))?.proof.task).toBe(3);
  expect(await gate.open(bytes, from)).toBeUndefined();
  clock.advance(11 * 60_000);
  expect(await gate.open(bytes, from)).toBeDefined();
});

test('unfit proofs are refused by name, and a repetition of an unfit one is no better', async () => {
  const gate = new FraudGate(heldClock());
  const bent = claim(1);
  bent[bent.byteLength - 1]! ^= 1;
  for (const again of [1, 2]) {
    await expect(gate.open(bent, from), `${again}`).rejects.toMatchObject({
      code: 'envelope/bad-signature',
    });
  }
  await expect(gate.open(new Uint8Array(MAX_FRAUD_PROOF_BYTES + 1), from)).rejects.toMatchObject({
    code: 'fraud/too-large',
  });
});

test('one origin accuses in its burst and no more; a flood of origins is cut at their neighbour', async () => {
  const gate = new FraudGate(heldClock());
  for (let i = 0; i < FRAUD_PROOF_BURST; i++) await gate.open(claim(i + 1), from);
  await expect(gate.open(claim(200), from)).rejects.toMatchObject({ code: 'fraud/too-many' });
  const garbage = (i: number) => new Uint8Array(8).fill(i);
  const codes = new Map<string, number>();
  for (let i = 0; i < 200; i++) {
    const error: { code: string } = (await gate
      .open(garbage(i), { ...from, origin: `origin ${i}`, neighbour: 'flooder' })
      .catch((thrown: { code: string }) => thrown)) as { code: string };
    const what = error.code === 'fraud/too-many' ? 'cut' : 'looked at';
    codes.set(what, (codes.get(what) ?? 0) + 1);
  }
  expect(codes.get('looked at')).toBe(FRAUD_PROOF_BURST * 10);
});
