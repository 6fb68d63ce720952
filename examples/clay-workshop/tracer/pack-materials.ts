import { KilnError } from '../../../src/base/errors.ts';
import type { Picture } from './decode-png.ts';
import type { Look } from './read-scene.ts';

/** 64 MiB of textures: a quarter of what a task may use. Also exact as a 32-bit float, which carries the offsets. */
export const MAX_TEXELS = 16_777_216;

/** The materials' rows (layout: shaders/path-tracer/README.md) and all textures' pixels one after another. */
export function packMaterials(looks: readonly Look[]): { materials: Float32Array; texels: Uint8Array } {
  const first = new Map<Picture, number>();
  let total = 0;
  for (const { texture } of looks) {
    if (texture === undefined || first.has(texture)) continue;
    first.set(texture, total);
    total += texture.width * texture.height;
  }
  if (total > MAX_TEXELS) {
    throw new KilnError('scene/too-large', `The scene's textures hold ${total} pixels.`, {
      hint: `Shrink them: at most ${MAX_TEXELS} pixels together.`,
    });
  }
  // A storage buffer may not be empty: scenes without textures get one pixel that nobody reads.
  const texels = new Uint8Array(4 * Math.max(1, total));
  for (const [picture, at] of first) texels.set(picture.rgba, 4 * at);
  const materials = Float32Array.from(
    looks.flatMap(({ color, metallic, emission, roughness, texture }) => {
      const picture = texture ? [first.get(texture)!, texture.width, texture.height, 1] : [0, 1, 1, 0];
      return [...color, metallic, ...emission, roughness, ...picture];
    }),
  );
  return { materials, texels };
}
