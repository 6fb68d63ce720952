/**
 * The reference load of kind `wgsl`: each invocation mixes integers and multiplies and adds floats 256 times, then
 * stores one word. Small enough for any GPU; the grid makes it large.
 */
export const SPEED_SHADER = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var x = id.x * 2654435761u + 1u;
  var y = 0.5;
  for (var i = 0u; i < 256u; i++) {
    x ^= x << 13u;
    x ^= x >> 17u;
    x ^= x << 5u;
    y = fma(y, 0.999, f32(x & 1023u) * 0.001);
  }
  result[id.x & 65535u] = x + u32(y);
}
`;

/** Invocations per workgroup of the shader above. */
export const SPEED_WORKGROUP = 64;
/** Bytes of its result buffer. */
export const SPEED_RESULT_BYTES = 65_536 * 4;
