import { LANES, laneOfKind } from '../../job/lanes.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import type { KindView, ProviderView } from '../view.ts';
import { describeCapabilities, kindsLent, type Lending } from './describe-lending.ts';

type LendingView = Pick<
  ProviderView,
  'rules' | 'measuring' | 'isHeldBack' | 'kinds' | 'capabilities' | 'scores' | 'slots'
>;

/** What people see of the lending; nothing is lent before there are rules. */
export function describeNow(lending: Lending | undefined, busy: number): LendingView {
  if (lending === undefined) return { isHeldBack: false, kinds: [], scores: {}, slots: { total: 0, busy } };
  const { rules, speed, lent } = lending;
  // Whoever has the key of a group is a member: it is for its owner's eyes alone.
  const { groups: _, ...shown } = rules;
  const lanes = LANES.filter((lane) => kindsLent(lending).some((kind) => laneOfKind(kind) === lane));
  return {
    rules: shown,
    ...(speed.measuring === undefined ? {} : { measuring: speed.measuring }),
    isHeldBack: lent.isHeldBack,
    kinds: describeKinds(lending),
    capabilities: describeCapabilities(lending),
    scores: speed.all,
    slots: { total: lanes.reduce((sum, lane) => sum + lent.slots[lane], 0), busy },
  };
}

/** Each kind that the rules lend, as it stands now. */
function describeKinds(lending: Lending): KindView[] {
  return lending.rules.kinds.map((kind) => {
    const { speed, lent, asked } = lending;
    const score = speed.all[kind];
    const measuredAtMs = speed.measuredAtMs(kind);
    const total = score === undefined ? 0 : lent.slots[laneOfKind(kind)];
    return {
      kind,
      ...stateOf(kind, lending, total),
      ...(score === undefined ? {} : { score }),
      ...(measuredAtMs === undefined ? {} : { measuredAtMs }),
      pricePerUnit: asked[kind],
      slots: { total, free: total === 0 ? 0 : lending.freeSlots(kind) },
    };
  });
}

function stateOf(
  kind: JobKind,
  { speed, lent, freeSlots, traits }: Lending,
  total: number,
): Pick<KindView, 'state' | 'reason'> {
  if (speed.measuring?.kind === kind) return { state: 'measuring' };
  if (speed.all[kind] === undefined) {
    const reason = speed.failure(kind);
    return reason === undefined ? { state: 'waiting' } : { state: 'failed', reason };
  }
  if (total > 0) return { state: freeSlots(kind) > 0 ? 'free' : 'working' };
  if (laneOfKind(kind) === 'gpu' && traits.gpu === undefined)
    return { state: 'failed', reason: 'No usable GPU was found.' };
  const what = laneOfKind(kind) === 'gpu' ? 'The GPU is' : 'Cores are';
  if (lent.isHeldBack) return { state: 'resting', reason: `${what} not lent while this machine is in use.` };
  return { state: 'resting', reason: 'Your rules lend no core.' };
}
