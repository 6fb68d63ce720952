import type { Requirements } from '../../protocol/capabilities.ts';
import { measuresAsked } from './properties.ts';

/** Requirements that hold whenever both do: the stricter of each measure, all features, the makers in both lists. */
export function mergeRequirements(a: Requirements, b: Requirements): Requirements {
  let merged: Requirements = { ...a, ...b };
  if (a.scores !== undefined || b.scores !== undefined) merged.scores = { ...a.scores, ...b.scores };
  if (a.gpuLimits !== undefined || b.gpuLimits !== undefined)
    merged.gpuLimits = { ...a.gpuLimits, ...b.gpuLimits };
  for (const measure of measuresAsked(merged)) {
    const values = [a, b].flatMap((one) => measure.asked(one) ?? []);
    merged = measure.ask(merged, measure.bound === 'least' ? Math.max(...values) : Math.min(...values));
  }
  const features = [...new Set([...(a.gpuFeatures ?? []), ...(b.gpuFeatures ?? [])])];
  const makers = a.gpuVendors?.filter((maker) => b.gpuVendors?.includes(maker) ?? true) ?? b.gpuVendors;
  return {
    ...merged,
    ...(features.length === 0 ? {} : { gpuFeatures: features }),
    ...(makers === undefined ? {} : { gpuVendors: makers }),
  };
}
