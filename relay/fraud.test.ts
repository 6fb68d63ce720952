import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinMemoryPeer, type MemoryPeer } from '../src/network/testing/memory-peer.ts';
import { decodeEnvelope } from '../src/protocol/envelope.ts';
import { identityOf } from '../src/protocol/messages.fixture.ts';
import { proofBytes, proofOf, resultSaying, statementOf } from '../src/verification/fraud-proof.fixture.ts';
import { type Relay, startRelay } from './relay.ts';

let relay: Relay;
let peers: MemoryPeer[];

beforeAll(async () => {
  relay = await startRelay();
  peers = await Promise.all([1, 2].map(() => joinMemoryPeer(relay.multiaddrs)));
});

afterAll(async () => {
  await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
  await relay.stop();
});

const claim = async (accuser: number) =>
  proofBytes(proofOf([await statementOf({ result: resultSaying(1) })]), identityOf(accuser));

test('a fraud proof reaches other tabs through the relay; what is none goes no further', async () => {
  const [accuser, reader] = peers as [MemoryPeer, MemoryPeer];
  const heard: string[] = [];
  reader.network.onFraudProof((proof) => heard.push(proof.accuser));
  await accuser.network.publishFraudProof(decodeEnvelope(await claim(41), 65_536));
  await expect.poll(() => heard, { timeout: 5_000 }).toEqual([identityOf(41).peer]);

  const bent = decodeEnvelope(await claim(42), 65_536);
  const forged = { ...bent, signature: bent.signature.map((byte) => byte ^ 1) };
  await expect(accuser.network.publishFraudProof(forged)).rejects.toMatchObject({
    code: 'envelope/bad-signature',
  });
  await accuser.network.publishFraudProof(decodeEnvelope(await claim(43), 65_536));
  await expect.poll(() => heard, { timeout: 5_000 }).toEqual([41, 43].map((one) => identityOf(one).peer));
});
