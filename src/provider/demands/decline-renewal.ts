import type { Demand } from '../../protocol/announce.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import type { ProviderRules } from '../view.ts';

/** Why a provider with these rules does not go on under an agreement, for people; undefined when it does. */
export function declineRenewal(
  agreement: Agreement,
  demand: Pick<Demand, 'group'>,
  rules: ProviderRules,
): string | undefined {
  const { kind, pricePerUnit, requestor } = agreement;
  const because: [reason: string, isSo: boolean][] = [
    ['the provider no longer takes jobs of this kind.', !rules.kinds.includes(kind)],
    ['the provider asks a higher price now.', pricePerUnit < rules.pricePerUnit[kind]],
    ['the provider no longer works for this requestor.', rules.blockedRequestors.includes(requestor)],
    ['the provider works for its groups only now.', rules.isPrivate === true && demand.group === undefined],
  ];
  return because.find(([, isSo]) => isSo)?.[0];
}
