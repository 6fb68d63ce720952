import { type Lane, laneOfKind } from '../../job/lanes.ts';
import type { ProviderRules } from '../view.ts';

/** What is lent at one moment. */
export interface Lent {
  /** Slots lent by lane. */
  readonly slots: Readonly<Record<Lane, number>>;
  /** Share of time that GPU tasks may keep the GPU busy; absent means the sandbox's default. */
  readonly gpuDuty?: number;
  /** Less than the rules lend while nobody uses the machine. */
  readonly isHeldBack: boolean;
}

/** What these rules lend now, on a device with or without a GPU that is in use or not. Pure. */
export function lentNow(rules: ProviderRules, device: { hasGpu: boolean; isInUse: boolean }): Lent {
  const lends = (lane: Lane) => rules.kinds.some((kind) => laneOfKind(kind) === lane);
  const cpu = lends('cpu') ? rules.cpuSlots : 0;
  const gpu = lends('gpu') && device.hasGpu ? 1 : 0;
  const { whileInUse } = rules;
  if (whileInUse === undefined || !device.isInUse) return { slots: { cpu, gpu }, isHeldBack: false };
  const { gpuDuty } = whileInUse;
  const slots = { cpu: Math.min(cpu, whileInUse.cpuSlots), gpu: gpuDuty > 0 ? gpu : 0 };
  const sharesGpu = slots.gpu > 0;
  const isHeldBack = slots.cpu < cpu || slots.gpu < gpu || (sharesGpu && gpuDuty < 1);
  return { slots, ...(sharesGpu ? { gpuDuty: Math.min(1, gpuDuty) } : {}), isHeldBack };
}
