// Fills an array with well-mixed numbers, one of them for each invocation (a hash by multiplication and shifts, after
// M. O'Neill's PCG RXS-M-XS 32). Whole numbers only, so that results can be compared exactly.

struct Params {
  // The first workgroup of this dispatch along x: the runner may cut a large dispatch into tiles.
  tile: u32,
  first: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> numbers: array<u32>;

fn mix(seed: u32) -> u32 {
  let state = seed * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + params.tile) * 64u + lane;
  if (i >= params.count) { return; }
  numbers[i] = mix(params.first + i);
}
