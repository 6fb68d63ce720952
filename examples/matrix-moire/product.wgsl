// One picture: the product C = L · diag(w) · Rᵀ of two matrices of waves, and its colours. L and R lie row after row, so that
// both are read along their rows; w is this picture's lens.

struct Params {
  // The first workgroup of this dispatch along y: the runner may cut a large dispatch into tiles.
  tile: u32,
  // Rows of L and of R: pixels along each side.
  side: u32,
  // Numbers in a row of L or R, by fours.
  quads: u32,
  // What makes an entry of the product a brightness.
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<vec4f>;
@group(0) @binding(2) var<storage, read> right: array<vec4f>;
@group(0) @binding(3) var<storage, read> lens: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> product: array<f32>;
@group(0) @binding(5) var<storage, read_write> pixels: array<u32>;

// Sums of so many fours are added to the total at once: short sums lose fewer digits than one long one.
const BLOCK = 16u;

// Each invocation computes 4 × 4 entries.
@compute @workgroup_size(8, 8)
fn multiply(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let column = (group.x * 8u + local.x) * 4u;
  let row = ((group.y + params.tile) * 8u + local.y) * 4u;
  if (row >= params.side || column >= params.side) { return; }
  var total = mat4x4f();
  for (var start = 0u; start < params.quads; start += BLOCK) {
    var block = mat4x4f();
    for (var q = start; q < min(start + BLOCK, params.quads); q++) {
      let w = lens[q];
      let r0 = right[column * params.quads + q];
      let r1 = right[(column + 1u) * params.quads + q];
      let r2 = right[(column + 2u) * params.quads + q];
      let r3 = right[(column + 3u) * params.quads + q];
      for (var i = 0u; i < 4u; i++) {
        let l = left[(row + i) * params.quads + q] * w;
        block[i] += vec4f(dot(l, r0), dot(l, r1), dot(l, r2), dot(l, r3));
      }
    }
    total += block;
  }
  for (var i = 0u; i < 4u; i++) {
    let at = (row + i) * params.side + column;
    product[at] = total[i].x;
    product[at + 1u] = total[i].y;
    product[at + 2u] = total[i].z;
    product[at + 3u] = total[i].w;
  }
}

const NIGHT = vec3f(18.0, 20.0, 32.0);
const SAND = vec3f(255.0, 196.0, 110.0);
const SEA = vec3f(60.0, 150.0, 190.0);

@compute @workgroup_size(8, 8)
fn paint(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let x = group.x * 8u + local.x;
  let y = (group.y + params.tile) * 8u + local.y;
  if (x >= params.side || y >= params.side) { return; }
  let value = product[y * params.side + x] * params.scale;
  let strength = abs(value) / (1.0 + abs(value));
  let color = vec3<u32>(mix(NIGHT, select(SEA, SAND, value > 0.0), strength) + 0.5);
  pixels[y * params.side + x] = color.x | (color.y << 8u) | (color.z << 16u) | 0xff000000u;
}
