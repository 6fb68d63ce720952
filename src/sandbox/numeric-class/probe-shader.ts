/*
 * What GPUs may do differently within WGSL's rules (WGSL, 15.7: floating point evaluation): accuracy of built-in
 * functions, fused multiply-add, flushed subnormals, reassociated sums, conversions of what does not fit.
 */

/** Invocations per workgroup, and the length of the sums across it. */
const WORKGROUP = 64;
/** Workgroups: so many inputs that two implementations of one function hardly agree on all of them. */
export const PROBE_WORKGROUPS = 8;

/** Values that are worth a look of their own, as bits: zeros, subnormals, the ends of the range, infinities, NaN. */
const SPECIAL_BITS = [
  0x00000000, 0x80000000, 0x00000001, 0x807fffff, 0x00800000, 0x3f800000, 0x3f7fffff, 0x7f7fffff, 0x7f800000,
  0xff800000, 0x7fc00000, 0x4b800001, 0x4f000000, 0xcf000001, 0x33800000, 0x477fe000,
];

/** One `f32` each, of `a` (anything), `b` (about 1), `u` (0 to 1), `s` (−1 to 1) and `x` (special values). */
const FLOATS = [
  ...['sin', 'cos', 'tan', 'atan', 'tanh', 'exp', 'asinh'].map((name) => `${name}(a)`),
  ...['asin', 'acos', 'atanh'].map((name) => `${name}(s)`),
  ...['log', 'log2', 'sqrt', 'inverseSqrt'].map((name) => `${name}(b)`),
  ...['sinh(s)', 'cosh(s)', 'acosh(b + 1.0)', 'exp2(s * 20.0)', 'sin(a * 1000.0)', 'cos(a * 1000.0)'],
  ...['atan2(a, b)', 'pow(b, a)', 'pow(u, 2.2)', 'a / b', '1.0 / a', 'a % b', 'a * b + s', 'fma(a, b, s)'],
  ...['a - floor(a / b) * b', 'mix(a, b, u)', 'smoothstep(-1.0, 1.0, s)', 'a + b + u + s', 'a * b * u * s'],
  ...['floor(a)', 'round(a)', 'trunc(a)', 'fract(a)', 'degrees(a)', 'radians(a)', 'ldexp(s, i32(a))'],
  ...['length(vec3f(a, b, s))', 'normalize(vec3f(a, b, s)).y', 'distance(vec2f(a, b), vec2f(u, s))'],
  ...['dot(vec4f(a, b, u, s), vec4f(s, a, b, u))', 'cross(vec3f(a, b, s), vec3f(u, s, b)).z'],
  ...['determinant(mat3x3f(a, b, s, u, a, b, s, u, a))', '(mat2x2f(a, b, s, u) * vec2f(b, u)).x'],
  ...['reflect(vec2f(a, b), vec2f(s, u)).x', 'frexp(a).fract', 'modf(a).fract', 'quantizeToF16(a)'],
  ...['x + x', 'x * 0.5', 'x * x', 'x - x', '1.0 / x', 'sqrt(x)', 'min(x, a)', 'max(x, a)', 'clamp(x, s, b)'],
  ...[
    'abs(x)',
    'sign(x)',
    'floor(x)',
    'quantizeToF16(x)',
    'exp(x)',
    'sin(x)',
    'fma(x, x, x)',
    'x * 1e-30 * 1e30',
  ],
];

/** One `u32` each. */
const WORDS = [
  'u32(a)',
  'u32(x)',
  'bitcast<u32>(i32(a))',
  'bitcast<u32>(i32(x))',
  'bitcast<u32>(f32(bits))',
  'bitcast<u32>(f32(bitcast<i32>(bits)))',
  'pack2x16float(vec2f(s, u))',
  'pack2x16float(vec2f(a, b))',
  'pack4x8snorm(vec4f(a, b, u, s))',
  'pack4x8unorm(vec4f(a, b, u, s))',
  'pack2x16snorm(vec2f(s, a))',
  'select(0u, 1u, x < a) + select(0u, 2u, x == x) + select(0u, 4u, x >= 0.0)',
];

/** Words that one invocation stores: each value, and its part in three sums across the workgroup. */
const WORDS_PER_INVOCATION = FLOATS.length + WORDS.length + 3;
/** Bytes of the probe's result. */
export const PROBE_RESULT_BYTES = PROBE_WORKGROUPS * WORKGROUP * WORDS_PER_INVOCATION * 4;

/**
 * The probe. NaNs are stored with one pattern of bits: WGSL leaves the others open, and programs hardly see them.
 */
export const PROBE_SHADER = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> result: array<u32>;
var<workgroup> tree: array<f32, ${WORKGROUP}>;

fn hash(seed: u32) -> u32 {
  var h = seed * 747796405u + 2891336453u;
  h = ((h >> ((h >> 28u) + 4u)) ^ h) * 277803737u;
  return (h >> 22u) ^ h;
}

fn unit(seed: u32) -> f32 { return f32(hash(seed) >> 8u) / 16777216.0; }

fn plain(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u);
}

fn special(i: u32) -> f32 {
  var bits = array<u32, ${SPECIAL_BITS.length}>(${SPECIAL_BITS.map((bits) => `${bits}u`).join(', ')});
  return bitcast<f32>(bits[i % ${SPECIAL_BITS.length}u]);
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  let bits = hash(id.x * 5u);
  let u = unit(id.x * 5u + 1u);
  let s = unit(id.x * 5u + 2u) * 2.0 - 1.0;
  let a = (unit(id.x * 5u + 3u) - 0.5) * exp2(f32(id.x % 24u) - 8.0);
  let b = 0.25 + unit(id.x * 5u + 4u) * 2.0;
  let x = special(id.x);
  let at = id.x * ${WORDS_PER_INVOCATION}u;
${FLOATS.map((value, i) => `  result[at + ${i}u] = plain(${value});`).join('\n')}
${WORDS.map((value, i) => `  result[at + ${FLOATS.length + i}u] = ${value};`).join('\n')}
  tree[local] = a;
  workgroupBarrier();
  for (var half = ${WORKGROUP / 2}u; half > 0u; half = half / 2u) {
    if (local < half) { tree[local] += tree[local + half]; }
    workgroupBarrier();
  }
  var sum = 0.0;
  var products = 0.0;
  for (var i = 0u; i < 32u; i++) {
    let term = unit(id.x * 32u + i);
    sum += term;
    products += term * b;
  }
  result[at + ${WORDS_PER_INVOCATION - 3}u] = plain(tree[0]);
  result[at + ${WORDS_PER_INVOCATION - 2}u] = plain(sum);
  result[at + ${WORDS_PER_INVOCATION - 1}u] = plain(products);
}
`;
