import { type GpuVendor, gpuVendorSchema } from '../../protocol/capabilities.ts';
import { MAX_GPU_FEATURES, MAX_GPU_NAME_CHARS } from '../../protocol/constants.ts';
import { guestLimits } from './guest-limits.ts';

/** The GPU as this browser names it. */
export interface GpuInfo {
  /** For people, e.g. `nvidia ampere` or `SwiftShader Device`. */
  readonly name: string;
  /** Its maker, coarse enough to say little about a person. */
  readonly vendor: GpuVendor;
  /** Computed by the CPU (SwiftShader, WARP, lavapipe): right, but slow. */
  readonly isSoftware: boolean;
  /** WebGPU features of the adapter, by name. */
  readonly features: readonly string[];
  /** WebGPU limits that a task gets here. */
  readonly limits: Readonly<Record<string, number>>;
}

/** Software adapters do not always say that they are one. */
const SOFTWARE_NAMES = /swiftshader|llvmpipe|lavapipe|warp|basic render/i;
/** Names as the protocol takes them; a browser may come up with others. */
const FEATURE_NAME = /^[A-Za-z0-9-]{1,60}$/;

/** Asks the browser for its GPU; undefined when it offers none. Starts no device. */
export async function probeGpu(): Promise<GpuInfo | undefined> {
  // Some browsers have the API and throw.
  const adapter = await navigator.gpu
    ?.requestAdapter({ powerPreference: 'high-performance' })
    .catch(() => null);
  if (!adapter) return undefined;
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = description || device || `${vendor} ${architecture}`.trim() || 'unnamed GPU';
  const isSoftware = isFallbackAdapter || SOFTWARE_NAMES.test(`${name} ${vendor} ${architecture}`);
  return {
    name: name.slice(0, MAX_GPU_NAME_CHARS),
    vendor: vendorBucket(`${vendor} ${name}`, isSoftware),
    isSoftware,
    features: featuresOf(adapter.features),
    limits: guestLimits(adapter.limits),
  };
}

/** The maker named in an adapter's own words. */
export function vendorBucket(words: string, isSoftware: boolean): GpuVendor {
  if (isSoftware) return 'software';
  const known = gpuVendorSchema.options.find((vendor) => new RegExp(`\\b${vendor}\\b`, 'i').test(words));
  return known ?? 'other';
}

function featuresOf(features: ReadonlySet<string>): string[] {
  return [...features]
    .filter((name) => FEATURE_NAME.test(name))
    .sort()
    .slice(0, MAX_GPU_FEATURES);
}
