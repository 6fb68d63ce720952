/** The GPU as this browser names it. */
export interface GpuInfo {
  /** For people, e.g. `nvidia ampere` or `SwiftShader Device`. */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** Computed by the CPU (SwiftShader, WARP, lavapipe): right, but slow. */
  readonly isSoftware: boolean;
}

/** Software adapters do not always say that they are one. */
const SOFTWARE_NAMES = /swiftshader|llvmpipe|lavapipe|warp|basic render/i;

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
  return { name, vendor, architecture, isSoftware };
}
