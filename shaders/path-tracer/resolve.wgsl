// Light, color and glow of each pixel put together, tone-mapped and packed as RGBA8.

struct Params {
  tile: u32,
  turn: u32,
  width: u32,
  height: u32,
  samples: u32,
  bounces: u32,
  frame: u32,
  reserved: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> light: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> guides: array<vec4f>;
@group(0) @binding(3) var<storage, read> frame: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> pixels: array<u32>;

// Narkowicz's fit of the ACES film curve (2015).
fn film(color: vec3f) -> vec3f {
  let x = color * 0.72;
  return clamp((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14), vec3f(0.0), vec3f(1.0));
}

fn to_srgb(color: vec3f) -> vec3f {
  return select(1.055 * pow(max(color, vec3f(1e-6)), vec3f(1.0 / 2.4)) - 0.055, color * 12.92, color <= vec3f(0.0031308));
}

@compute @workgroup_size(8, 8)
fn resolve(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let x = group.x * 8u + local.x;
  let y = (group.y + params.tile) * 8u + local.y;
  if (x >= params.width || y >= params.height) {
    return;
  }
  let pixel = y * params.width + x;
  let lit = light[pixel].rgb * guides[3u * pixel + 1u].rgb + guides[3u * pixel + 2u].rgb;
  let offset = vec2f(f32(x) / f32(params.width), f32(y) / f32(params.height)) - 0.5;
  // Lenses darken towards the corners; it leads the eye to the middle.
  let vignette = 1.0 - 0.55 * dot(offset, offset);
  let color = to_srgb(film(lit * frame[5].w * vignette));
  pixels[pixel] = pack4x8unorm(vec4f(color, 1.0));
}
