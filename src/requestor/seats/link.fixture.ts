import type { Clock } from '../../base/time.ts';
import { AGREEMENT, identityOf } from '../../protocol/messages.fixture.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import type { RequestorWorkChannel, WorkDown } from '../../protocol/work.ts';
import { ProviderLink } from './provider-link.ts';

/** The link of one provider, and all that is sent over it. */
export interface RecordedLink {
  readonly link: ProviderLink;
  readonly sent: WorkDown[];
}

/** A link with a stream that only remembers what is sent. The number makes its peer and payee. */
export function recordedLink(clock: Clock, number = 2, terms: Partial<Agreement> = {}): RecordedLink {
  const agreement: Agreement = {
    ...AGREEMENT,
    provider: identityOf(number).peer,
    payee: `0x${number.toString(16).padStart(40, '0')}`,
    ...terms,
  };
  const link = new ProviderLink(clock, `digest ${number}`, agreement, []);
  const sent: WorkDown[] = [];
  const channel: RequestorWorkChannel = {
    peer: link.peer,
    send: async (message) => void sent.push(message),
    messages: { [Symbol.asyncIterator]: () => silence() },
    close: async () => {},
    abort: () => {},
  };
  void link.serve(channel, silence(), async () => {});
  return { link, sent };
}

/** A peer that never says anything. */
function silence(): AsyncIterator<never> {
  return { next: () => new Promise<never>(() => {}) };
}
