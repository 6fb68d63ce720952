import { expect, test } from 'vitest';
import { ANNOUNCEMENT_BURST, MAX_ANNOUNCEMENT_BYTES } from '../../protocol/constants.ts';
import { encodeEnvelope, seal } from '../../protocol/envelope.ts';
import { identityFromSeed, newIdentitySeed } from '../../protocol/identity.ts';
import { DemandGate } from './demand-gate.ts';
import { heldClock } from '../testing/held-clock.ts';
import { sampleDemand } from '../testing/samples.ts';

const identity = identityFromSeed(newIdentitySeed());
const stranger = identityFromSeed(newIdentitySeed());

function setUp() {
  const clock = heldClock();
  const gate = new DemandGate(clock);
  const bytes = (changes = {}, signer = identity) =>
    encodeEnvelope(seal(signer, 'kiln/demand/1', sampleDemand(identity, clock.now(), changes)));
  const from = { origin: identity.peer, neighbour: 'relay', isTrusted: false };
  return { clock, gate, bytes, from };
}

test('a valid demand is opened', async () => {
  const { gate, bytes, from } = setUp();
  expect((await gate.open('wasi', bytes(), from)).message.name).toBe('sample');
});

test('unfit demands are refused by name', async () => {
  const { clock, gate, bytes, from } = setUp();
  const now = clock.now();
  const refusals: [Uint8Array, string][] = [
    [new Uint8Array(MAX_ANNOUNCEMENT_BYTES + 1), 'announce/too-large'],
    [Uint8Array.of(1, 2, 3), 'protocol/invalid'],
    [bytes({}, stranger), 'announce/wrong-signer'],
    [bytes({ expiresAt: now }), 'announce/expired'],
    [bytes({ expiresAt: now + 600_000 }), 'announce/bad-lifetime'],
    [bytes({ kind: 'wgsl' }), 'announce/wrong-kind'],
  ];
  for (const [demand, code] of refusals) {
    await expect(gate.open('wasi', demand, from), code).rejects.toMatchObject({
      code: expect.stringMatching(code === 'protocol/invalid' ? /^protocol\// : code),
    });
  }
});

test('a tampered byte breaks the signature', async () => {
  const { gate, bytes, from } = setUp();
  const demand = bytes();
  demand[demand.byteLength - 1]! ^= 1;
  await expect(gate.open('wasi', demand, from)).rejects.toMatchObject({ code: 'envelope/bad-signature' });
});

test('one origin announces its burst and no more; a flood of origins is cut at their neighbour', async () => {
  const { gate, bytes, from } = setUp();
  const demand = bytes();
  for (let i = 0; i < ANNOUNCEMENT_BURST; i++) await gate.open('wasi', demand, from);
  await expect(gate.open('wasi', demand, from)).rejects.toMatchObject({ code: 'announce/too-many' });
  let accepted = 0;
  for (let i = 0; i < 1_000; i++) {
    await gate.open('wasi', demand, { ...from, origin: `origin ${i}`, neighbour: 'flooder' }).then(
      () => accepted++,
      () => {},
    );
  }
  expect(accepted).toBe(ANNOUNCEMENT_BURST * 10);
});
