/** Product of two 128 × 128 matrices, in tiles of workgroup memory between barriers. */
export const MULTIPLY = `
const SIZE = 128u; const TILE = 8u;
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
var<workgroup> left: array<f32, TILE * TILE>;
var<workgroup> right: array<f32, TILE * TILE>;
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let at = local.y * TILE + local.x;
  var sum = 0.0;
  for (var tile = 0u; tile < SIZE; tile += TILE) {
    left[at] = a[id.y * SIZE + tile + local.x];
    right[at] = b[(tile + local.y) * SIZE + id.x];
    workgroupBarrier();
    for (var k = 0u; k < TILE; k++) { sum += left[local.y * TILE + k] * right[k * TILE + local.x]; }
    workgroupBarrier();
  }
  c[id.y * SIZE + id.x] = sum;
}`;

/** The sum of 2²⁰ numbers: a strided loop, then halves of the workgroup between barriers. */
export const REDUCE = `
@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
var<workgroup> parts: array<f32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) at: u32, @builtin(workgroup_id) group: vec3u) {
  var sum = 0.0;
  for (var i = id.x; i < arrayLength(&values); i += 4096u) { sum += values[i]; }
  parts[at] = sum;
  for (var half = 32u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (at < half) { parts[at] += parts[at + half]; }
  }
  if (at == 0u) { sums[group.x] = parts[0]; }
}`;

/** Forces between 2,048 bodies, each against each. */
export const BODIES = `
@group(0) @binding(0) var<storage, read> bodies: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> pulls: array<vec4f>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let here = bodies[id.x].xyz;
  var pull = vec3f();
  for (var i = 0u; i < arrayLength(&bodies); i++) {
    let gap = bodies[i].xyz - here;
    let near = inverseSqrt(dot(gap, gap) + 0.01);
    pull += gap * (bodies[i].w * near * near * near);
  }
  pulls[id.x] = vec4f(pull, 0.0);
}`;
