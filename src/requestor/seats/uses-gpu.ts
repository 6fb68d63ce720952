import type { Manifest } from '../../protocol/manifest.ts';

/** Do the results of this job depend on how a GPU rounds? */
export function usesGpu({ program }: Manifest): boolean {
  return program.kind === 'wgsl' || (program.kind === 'onnx' && program.backend === 'webgpu');
}
