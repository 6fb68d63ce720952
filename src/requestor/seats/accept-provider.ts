import { equalBytes } from '../../base/bytes.ts';
import { toKilnError } from '../../base/errors.ts';
import { type Clock, within } from '../../base/time.ts';
import { encode } from '../../protocol/codec.ts';
import { type Channel, type FrameStream, listenerChannel } from '../../protocol/channel.ts';
import {
  MAX_NEGOTIATE_FRAME_BYTES,
  MAX_REASON_CHARS,
  NEGOTIATION_TIMEOUT_MS,
} from '../../protocol/constants.ts';
import { open, sealBytes } from '../../protocol/envelope.ts';
import type { Identity } from '../../protocol/identity.ts';
import {
  type Agreement,
  agreementSchema,
  NEGOTIATE,
  type Proposal,
  proposalSchema,
  type RefusalReason,
} from '../../protocol/negotiate.ts';
import type * as v from 'valibot';
import type { RequestorAgreementRecord } from '../records.ts';

type Up = v.InferOutput<typeof NEGOTIATE.toListener>;
type Down = v.InferOutput<typeof NEGOTIATE.toDialer>;

/** What answers a proposal: a refusal, or the agreement with what to do once it is sealed. */
export type ProposalAnswer =
  | { readonly refusal: { readonly reason: RefusalReason; readonly detail: string } }
  | {
      readonly agreement: Agreement;
      /** Stores the agreement signed by both; it counts from then on. */
      readonly seal: (record: RequestorAgreementRecord) => Promise<void>;
      /** The negotiation ended, sealed or not. */
      readonly release: () => void;
    };

/** The requestor's side of one negotiation. Ends the stream in every case; never throws. */
export async function acceptProvider(
  stream: FrameStream,
  { identity, clock }: { readonly identity: Identity; readonly clock: Clock },
  answer: (proposal: Proposal, signer: string) => Promise<ProposalAnswer>,
): Promise<void> {
  const channel: Channel<Down, Up> = listenerChannel(NEGOTIATE, stream);
  const messages = channel.messages[Symbol.asyncIterator]();
  try {
    const first = await nextMessage(messages, clock);
    if (first?.type !== 'proposal') return;
    const opened = await open(first.proposal, 'kiln/proposal/1', proposalSchema, MAX_NEGOTIATE_FRAME_BYTES);
    if (opened.signer !== stream.peer || opened.message.provider !== stream.peer) {
      return await refuse(channel, 'bad-signature', 'the proposal is not signed by the peer that sent it');
    }
    const answered = await answer(opened.message, opened.signer);
    if ('refusal' in answered) return await refuse(channel, answered.refusal.reason, answered.refusal.detail);
    try {
      await conclude(channel, messages, identity, clock, opened.message, answered);
    } finally {
      answered.release();
    }
  } catch (error) {
    const { message } = toKilnError(error);
    await refuse(channel, 'terms-differ', message.slice(0, MAX_REASON_CHARS)).catch(() => {});
  } finally {
    await channel.close().catch(() => {});
  }
}

async function conclude(
  channel: Channel<Down, Up>,
  messages: AsyncIterator<Up>,
  identity: Identity,
  clock: Clock,
  proposal: Proposal,
  answered: Extract<ProposalAnswer, { agreement: Agreement }>,
): Promise<void> {
  const requestorEnvelope = sealBytes(identity, 'kiln/agreement/1', encode(answered.agreement));
  await channel.send({ type: 'agreement', agreement: requestorEnvelope });
  const reply = await nextMessage(messages, clock);
  if (reply?.type !== 'counter-signature') return;
  const signed = await open(reply.agreement, 'kiln/agreement/1', agreementSchema, MAX_NEGOTIATE_FRAME_BYTES);
  if (
    signed.signer !== proposal.provider ||
    !equalBytes(reply.agreement.payload, requestorEnvelope.payload)
  ) {
    return refuse(channel, 'terms-differ', 'the counter-signature is over other terms');
  }
  await answered.seal({
    digest: signed.digest,
    agreement: signed.message,
    requestorEnvelope,
    providerEnvelope: reply.agreement,
    addresses: proposal.addresses,
  });
  await channel.send({ type: 'sealed' });
}

function refuse(channel: Channel<Down, Up>, reason: RefusalReason, detail: string): Promise<void> {
  return channel.send({ type: 'refusal', reason, detail });
}

async function nextMessage(messages: AsyncIterator<Up>, clock: Clock): Promise<Up | undefined> {
  const next = await within(clock, NEGOTIATION_TIMEOUT_MS, undefined, () => messages.next());
  return next.done === true ? undefined : next.value;
}
