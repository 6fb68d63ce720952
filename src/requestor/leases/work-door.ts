import { KilnError, toKilnError } from '../../base/errors.ts';
import { type Clock, within } from '../../base/time.ts';
import { type FrameStream, listenerChannel } from '../../protocol/channel.ts';
import { NEGOTIATION_TIMEOUT_MS } from '../../protocol/constants.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { type RequestorWorkChannel, type SignedVoucher, WORK } from '../../protocol/work.ts';
import { ENDED, statement } from '../pay/last-voucher.ts';
import type { JobRunner } from '../job-runner.ts';
import type { ProviderLink } from '../seats/provider-link.ts';

/** What the door asks the requestor. */
export interface WorkDoorInit {
  readonly clock: Clock;
  /** The job and provider of an agreement that is being worked on. */
  readonly find: (
    agreement: string,
  ) => { readonly runner: JobRunner; readonly link: ProviderLink } | undefined;
  /** The newest voucher of an agreement, ended or not, for the provider that signed it. */
  readonly lastVoucher: (agreement: string, provider: PeerId) => Promise<SignedVoucher | undefined>;
}

/**
 * Lets a provider's work stream in: it says first under which agreement it comes. Whoever comes back to an agreement
 * that has ended still gets its newest voucher, hears that it is over, and exchanges receipts. Never throws.
 */
export async function answerWork(stream: FrameStream, init: WorkDoorInit): Promise<void> {
  const channel: RequestorWorkChannel = listenerChannel(WORK, stream);
  const messages = channel.messages[Symbol.asyncIterator]();
  try {
    const first = await within(init.clock, NEGOTIATION_TIMEOUT_MS, undefined, () => messages.next());
    const hello = first.done === true ? undefined : first.value;
    if (hello?.type !== 'hello') throw new KilnError('work/no-hello', 'A work stream begins with hello.');
    const known = init.find(hello.agreement);
    const isOpen = known !== undefined && known.link.peer === stream.peer && !known.link.isEnded;
    if (isOpen) return await known.runner.serve(known.link, channel, messages, hello.leases);
    const voucher = await init.lastVoucher(hello.agreement, stream.peer);
    if (known?.link.peer === stream.peer)
      await known.runner.meet(known.link, voucher, channel, messages, hello.leases);
    else {
      if (voucher !== undefined) await channel.send(statement(hello.agreement, voucher));
      await channel.send({ type: 'drain', reason: ENDED });
    }
    await channel.close();
  } catch (error) {
    channel.abort(toKilnError(error, 'work/broken'));
  }
}
