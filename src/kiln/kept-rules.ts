import * as v from 'valibot';
import type { Collection } from '../base/collection.ts';
import {
  type Address,
  addressSchema,
  countSchema,
  isSameAddress,
  jobKindSchema,
  peerIdSchema,
} from '../protocol/primitives.ts';
import type { ProviderRules } from '../provider/view.ts';

const KEY = 'provider/rules';

const priceSchema = v.pipe(v.bigint(), v.minValue(0n));

/** The rules as they lie in this browser. Absent payee: whichever wallet is in use. */
const keptSchema = v.object({
  kinds: v.array(jobKindSchema),
  cpuSlots: countSchema,
  pricePerUnit: v.object({ wasi: priceSchema, wgsl: priceSchema, onnx: priceSchema }),
  payee: v.optional(addressSchema),
  creditLeases: countSchema,
  blockedRequestors: v.array(peerIdSchema),
  preferredRequestors: v.optional(v.array(peerIdSchema)),
  groups: v.optional(v.array(v.string())),
  isPrivate: v.optional(v.boolean()),
  whileInUse: v.optional(
    v.object({ cpuSlots: countSchema, gpuDuty: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) }),
  ),
  pricing: v.optional(v.picklist(['fixed', 'market'])),
});

/** Keeps the rules for the next visit. The own wallet is no choice of payee: a later one takes its place. */
export async function keepRules(
  settings: Collection<unknown>,
  { payee, ...rules }: ProviderRules,
  ownAddress: Address,
): Promise<void> {
  await settings.put(KEY, { ...rules, ...(isSameAddress(payee, ownAddress) ? {} : { payee }) });
}

/** The rules of the last visit, as far as this device can follow them; `suggested` where there are none. */
export async function keptRules(
  settings: Collection<unknown>,
  suggested: ProviderRules,
  cores: number,
): Promise<ProviderRules> {
  const kept = v.safeParse(keptSchema, await settings.get(KEY));
  if (!kept.success) return suggested;
  const { output } = kept;
  return {
    ...(output as Omit<ProviderRules, 'payee'>),
    payee: (output.payee as Address | undefined) ?? suggested.payee,
    // The GPU may be gone, and the browser may have moved to a smaller machine.
    kinds: output.kinds.filter((kind) => suggested.kinds.includes(kind)),
    cpuSlots: Math.min(output.cpuSlots, cores),
  };
}
