// One turn of an edge-avoiding à-trous wavelet (Dammertz 2010) led by variance (Schied 2017). Turn t reads one half of
// `light` and writes the other; its taps lie 2^t pixels apart.

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

// How far light may differ, in standard deviations, and distances, as a share.
const LIGHT_SIGMA = 4.0;
const DISTANCE_SIGMA = 0.012;

fn luminance(color: vec3f) -> f32 {
  return dot(color, vec3f(0.2126, 0.7152, 0.0722));
}

// The 64th power, by squaring: some devices' pow() turns 0 into NaN.
fn raise(value: f32) -> f32 {
  var power = value;
  for (var i = 0; i < 6; i++) {
    power *= power;
  }
  return power;
}

@compute @workgroup_size(8, 8)
fn denoise(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let x = i32(group.x * 8u + local.x);
  let y = i32((group.y + params.tile) * 8u + local.y);
  let size = vec2i(i32(params.width), i32(params.height));
  if (x >= size.x || y >= size.y) {
    return;
  }
  let half = params.width * params.height;
  let source = select(0u, half, (params.turn & 1u) == 1u);
  let to = half - source;
  let pixel = u32(y * size.x + x);
  let centre = light[source + pixel];
  let guide = guides[3u * pixel];
  let step = 1i << min(params.turn, 8u);

  // A few samples tell their variance badly: the neighbours' mean is steadier.
  var variance = 0.0;
  for (var dy = -1; dy <= 1; dy++) {
    for (var dx = -1; dx <= 1; dx++) {
      let q = clamp(vec2i(x + dx, y + dy), vec2i(0), size - 1);
      variance += light[source + u32(q.y * size.x + q.x)].w;
    }
  }
  let spread = LIGHT_SIGMA * sqrt(variance / 9.0) + 1e-3;

  var sum = centre.rgb;
  var noise = centre.w;
  var total = 1.0;
  for (var dy = -2; dy <= 2; dy++) {
    for (var dx = -2; dx <= 2; dx++) {
      let q = vec2i(x + dx * step, y + dy * step);
      if ((dx == 0 && dy == 0) || any(q < vec2i(0)) || any(q >= size)) {
        continue;
      }
      let other = u32(q.y * size.x + q.x);
      let tap = light[source + other];
      let seen = guides[3u * other];
      let reach = f32(abs(dx) + abs(dy)) * f32(step);
      let apart = abs(guide.w - seen.w) / (DISTANCE_SIGMA * max(guide.w, 1e-3) * (1.0 + 0.25 * reach));
      let gap = abs(luminance(centre.rgb) - luminance(tap.rgb)) / spread;
      let facing = raise(clamp(dot(guide.xyz, seen.xyz), 0.0, 1.0));
      // The B3 spline: 3/8, 1/4, 1/16, relative to the middle.
      let kernel = KERNEL[abs(dx)] * KERNEL[abs(dy)];
      let weight = kernel * facing * exp(-apart - gap);
      sum += weight * tap.rgb;
      noise += weight * weight * tap.w;
      total += weight;
    }
  }
  light[to + pixel] = vec4f(sum / total, noise / (total * total));
}

const KERNEL = array<f32, 3>(1.0, 0.6666667, 0.1666667);
