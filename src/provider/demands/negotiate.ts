import { hasCode, KilnError } from '../../base/errors.ts';
import { type Clock, within } from '../../base/time.ts';
import type { Demand } from '../../protocol/announce.ts';
import { type Channel, dialerChannel } from '../../protocol/channel.ts';
import {
  MAX_NEGOTIATE_FRAME_BYTES,
  MAX_REASON_CHARS,
  NEGOTIATION_TIMEOUT_MS,
} from '../../protocol/constants.ts';
import { encode } from '../../protocol/codec.ts';
import { equalBytes } from '../../base/bytes.ts';
import { open, type Opened, seal, sealBytes } from '../../protocol/envelope.ts';
import { type Agreement, agreementSchema, NEGOTIATE, type Proposal } from '../../protocol/negotiate.ts';
import { isSameAddress } from '../../protocol/primitives.ts';
import type * as v from 'valibot';
import type { AgreementRecord } from '../records.ts';
import type { ProviderNetwork } from '../slices.ts';

type Up = v.InferOutput<typeof NEGOTIATE.toListener>;
type Down = v.InferOutput<typeof NEGOTIATE.toDialer>;

/** What a negotiation needs beside its proposal. */
export interface NegotiateInit {
  readonly network: ProviderNetwork;
  readonly clock: Clock;
  readonly demand: Demand;
  readonly proposal: Proposal;
  /** Throws a KilnError when the payer's cover on chain does not suffice. */
  readonly checkCover: (agreement: Agreement) => Promise<void>;
  /** Stores the agreement signed by both; the counter-signature leaves only afterwards. */
  readonly store: (record: AgreementRecord) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Sends a proposal and ends with an agreement signed and stored by both sides. Throws `negotiate/refused` with the
 * requestor's reason, or `negotiate/terms-differ`, `negotiate/timeout`, `negotiate/unexpected`.
 */
export async function negotiate(init: NegotiateInit): Promise<AgreementRecord> {
  const { network, demand, proposal } = init;
  const to = { peer: demand.requestor, addresses: demand.addresses };
  const channel: Channel<Up, Down> = dialerChannel(
    NEGOTIATE,
    await within(init.clock, NEGOTIATION_TIMEOUT_MS, init.signal, (stop) =>
      network.openStream(NEGOTIATE, to, stop),
    ),
  );
  const answers = channel.messages[Symbol.asyncIterator]();
  try {
    await channel.send({ type: 'proposal', proposal: seal(network.identity, 'kiln/proposal/1', proposal) });
    const answer = await nextAnswer(answers, init);
    if (answer.type !== 'agreement') throw unexpected(answer.type);
    const opened = await open(
      answer.agreement,
      'kiln/agreement/1',
      agreementSchema,
      MAX_NEGOTIATE_FRAME_BYTES,
    );
    await checkTerms(opened, init).catch(async (error: KilnError) => {
      const reason = error.code === 'negotiate/not-covered' ? 'not-covered' : 'terms-differ';
      await channel
        .send({ type: 'refusal', reason, detail: error.message.slice(0, MAX_REASON_CHARS) })
        .catch(() => {});
      throw error;
    });
    const providerEnvelope = sealBytes(network.identity, 'kiln/agreement/1', answer.agreement.payload);
    const record: AgreementRecord = {
      digest: opened.digest,
      agreement: opened.message,
      requestorEnvelope: answer.agreement,
      providerEnvelope,
      jobName: demand.name,
      agreedAtMs: init.clock.now(),
    };
    await init.store(record);
    await channel.send({ type: 'counter-signature', agreement: providerEnvelope });
    const sealed = await nextAnswer(answers, init);
    if (sealed.type !== 'sealed') throw unexpected(sealed.type);
    return record;
  } finally {
    await channel.close().catch(() => {});
  }
}

async function nextAnswer(answers: AsyncIterator<Down>, { clock, signal }: NegotiateInit): Promise<Down> {
  const next = await within(clock, NEGOTIATION_TIMEOUT_MS, signal, () => answers.next()).catch((error) => {
    if (!hasCode(error, 'base/timeout')) throw error;
    throw new KilnError('negotiate/timeout', 'The requestor did not answer the proposal in time.');
  });
  if (next.done === true) throw unexpected('the end of the stream');
  if (next.value.type !== 'refusal') return next.value;
  const { reason, detail } = next.value;
  throw new KilnError('negotiate/refused', `The requestor refused: ${detail || reason}.`, {
    data: { reason, detail },
  });
}

/** The agreement must be exactly what was demanded and proposed, signed by the requestor, and covered. */
async function checkTerms(opened: Opened<Agreement>, init: NegotiateInit): Promise<void> {
  const { demand, proposal, clock } = init;
  const agreement = opened.message;
  const same = (a: unknown, b: unknown) => equalBytes(encode(a), encode(b));
  const wrong = [
    ['its signer', opened.signer === demand.requestor],
    ['the requestor', agreement.requestor === demand.requestor],
    ['the provider', agreement.provider === proposal.provider],
    ['the job', agreement.job === demand.job && agreement.kind === demand.kind],
    ['the payee', isSameAddress(agreement.payee, proposal.payee)],
    ['the price', agreement.pricePerUnit === proposal.pricePerUnit],
    ['the work per task', agreement.microUnitsPerTask === demand.microUnitsPerTask],
    ['the payment terms', same(agreement.payment, demand.payment)],
    [
      'the check policy',
      same(agreement.policy, demand.policy) && same(agreement.comparator, demand.comparator),
    ],
    ['the credit limit', agreement.creditLimit === proposal.creditLimit],
    ['the slots', agreement.slots <= proposal.slots],
    ['the expiry', agreement.expiresAt > clock.now()],
    ['the agreement that it goes on from', agreement.renews === undefined],
  ].find(([, isRight]) => !isRight);
  if (wrong !== undefined) {
    throw new KilnError(
      'negotiate/terms-differ',
      `The agreement differs from the proposal in ${String(wrong[0])}.`,
    );
  }
  await init.checkCover(agreement);
}

function unexpected(what: string): KilnError {
  return new KilnError('negotiate/unexpected', `The requestor answered a proposal with ${what}.`);
}
