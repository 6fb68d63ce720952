// A Julia set in whole numbers. Coordinates are fixed point: an i32 with 26 bits behind the point (from -32 to 32).
// Integer arithmetic is the same on every GPU, so results can be compared exactly; floats would need a tolerance.

struct Params {
  tile: u32,
  width: u32,
  height: u32,
  // Samples along each side of a pixel.
  samples: u32,
  iterations: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// c of z² + c for this frame.
@group(0) @binding(1) var<storage, read> parameter: vec2<i32>;
@group(0) @binding(2) var<storage, read_write> pixels: array<u32>;

const FRACTION_BITS = 26u;
const ONE = 1 << FRACTION_BITS;
// Half the height of what is seen: 1.25.
const HALF_HEIGHT = ONE + ONE / 4;
// How far the light of a thread and of a ring reaches.
const THREAD_WIDTH = ONE / 14;
const RING_WIDTH = ONE / 5;
// Turns whose points give light.
const LIT_TURNS = 14u;

// a × b, towards zero, by the four products of 16-bit halves.
fn multiply(a: i32, b: i32) -> i32 {
  let x = u32(abs(a));
  let y = u32(abs(b));
  let low = (x & 0xffffu) * (y & 0xffffu);
  let first = (x >> 16u) * (y & 0xffffu) + (low >> 16u);
  let second = (x & 0xffffu) * (y >> 16u) + (first & 0xffffu);
  let top = (x >> 16u) * (y >> 16u) + (first >> 16u) + (second >> 16u);
  let bottom = (second << 16u) | (low & 0xffffu);
  let product = i32((top << (32u - FRACTION_BITS)) | (bottom >> FRACTION_BITS));
  return select(product, -product, (a ^ b) < 0);
}

// 255 at distance 0, falling to 0 at the width, softly.
fn glow(distance: i32, width: i32) -> u32 {
  let rest = u32(width - min(distance, width)) / u32(width / 256);
  let light = min(rest, 255u);
  return light * light / 255u;
}

fn shade(start: vec2<i32>) -> vec3<u32> {
  var z = start;
  var thread = ONE;
  var ring = ONE;
  var turns = 0u;
  for (; turns < params.iterations; turns++) {
    if (abs(z.x) > 2 * ONE || abs(z.y) > 2 * ONE) { break; }
    let xx = multiply(z.x, z.x);
    let yy = multiply(z.y, z.y);
    // The first point is the pixel itself: its light would be a plain cross. Late ones would leave no dark between.
    if (turns > 0u && turns <= LIT_TURNS) {
      thread = min(thread, min(abs(z.x), abs(z.y)));
      ring = min(ring, abs(xx + yy - ONE / 4));
    }
    z = vec2(xx - yy, 2 * multiply(z.x, z.y)) + parameter;
  }
  let warm = glow(thread, THREAD_WIDTH);
  let cool = glow(ring, RING_WIDTH);
  let ground = min(turns * 4u, 88u);
  return vec3(
    ground / 2u + warm * 15u / 16u + cool / 8u,
    ground / 4u + warm / 2u + cool * 3u / 8u,
    ground / 2u + 10u + warm / 6u + cool / 2u,
  );
}

@compute @workgroup_size(8, 8)
fn draw(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let pixel = vec2(group.x * 8u + local.x, (group.y + params.tile) * 8u + local.y);
  if (pixel.x >= params.width || pixel.y >= params.height) { return; }
  let side = i32(params.samples);
  let step = 2 * HALF_HEIGHT / (i32(params.height) * side);
  let center = vec2(i32(params.width), i32(params.height)) * side / 2;
  var sum = vec3(0u);
  for (var v = 0; v < side; v++) {
    for (var u = 0; u < side; u++) {
      let at = vec2<i32>(pixel) * side + vec2(u, v) - center;
      sum += shade(at * step + vec2(step / 2));
    }
  }
  let color = min(sum / u32(side * side), vec3(255u));
  pixels[pixel.y * params.width + pixel.x] = color.r | (color.g << 8u) | (color.b << 16u) | (255u << 24u);
}
