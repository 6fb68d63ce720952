import type { mat4, vec3, vec4 } from '@gltf-transform/core';

/** A 4×4 matrix in glTF's order (column by column). */
export type Matrix = mat4;

/** The matrix of a node's translation, rotation (unit quaternion) and scale. */
export function compose(t: vec3, q: vec4, s: vec3): Matrix {
  const [x, y, z, w] = q;
  return [
    (1 - 2 * (y * y + z * z)) * s[0], 2 * (x * y + z * w) * s[0], 2 * (x * z - y * w) * s[0], 0,
    2 * (x * y - z * w) * s[1], (1 - 2 * (x * x + z * z)) * s[1], 2 * (y * z + x * w) * s[1], 0,
    2 * (x * z + y * w) * s[2], 2 * (y * z - x * w) * s[2], (1 - 2 * (x * x + y * y)) * s[2], 0,
    t[0], t[1], t[2], 1,
  ]; // prettier-ignore
}

/** a · b. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  const product = Array.from({ length: 16 }, (_, i) => {
    const [column, row] = [i >> 2, i & 3];
    return [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * k + row]! * b[4 * column + k]!, 0);
  });
  return product as unknown as Matrix;
}

/** The inverse of an affine matrix; `undefined` when it flattens space. */
export function invertAffine(m: Matrix): Matrix | undefined {
  const [a, b, c, d, e, f, g, h, i] = [m[0], m[4], m[8], m[1], m[5], m[9], m[2], m[6], m[10]];
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (!(Math.abs(determinant) > 1e-18)) return undefined;
  const k = 1 / determinant;
  const rows = [
    [(e * i - f * h) * k, (c * h - b * i) * k, (b * f - c * e) * k],
    [(f * g - d * i) * k, (a * i - c * g) * k, (c * d - a * f) * k],
    [(d * h - e * g) * k, (b * g - a * h) * k, (a * e - b * d) * k],
  ] as const;
  const shift = rows.map((row) => -(row[0] * m[12] + row[1] * m[13] + row[2] * m[14]));
  return [
    rows[0][0], rows[1][0], rows[2][0], 0,
    rows[0][1], rows[1][1], rows[2][1], 0,
    rows[0][2], rows[1][2], rows[2][2], 0,
    shift[0]!, shift[1]!, shift[2]!, 1,
  ]; // prettier-ignore
}

/** A point through a matrix. */
export function transformPoint(m: Matrix, p: vec3): vec3 {
  return [
    m[0] * p[0] + m[4] * p[1] + m[8] * p[2] + m[12],
    m[1] * p[0] + m[5] * p[1] + m[9] * p[2] + m[13],
    m[2] * p[0] + m[6] * p[1] + m[10] * p[2] + m[14],
  ];
}

/** A direction through a matrix, not normalised. */
export function transformDirection(m: Matrix, d: vec3): vec3 {
  return [
    m[0] * d[0] + m[4] * d[1] + m[8] * d[2],
    m[1] * d[0] + m[5] * d[1] + m[9] * d[2],
    m[2] * d[0] + m[6] * d[1] + m[10] * d[2],
  ];
}

/** A normal from object to world space, given the inverse matrix; not normalised. */
export function transformNormal(inverse: Matrix, n: vec3): vec3 {
  return [
    inverse[0] * n[0] + inverse[1] * n[1] + inverse[2] * n[2],
    inverse[4] * n[0] + inverse[5] * n[1] + inverse[6] * n[2],
    inverse[8] * n[0] + inverse[9] * n[1] + inverse[10] * n[2],
  ];
}

export function cross(a: vec3, b: vec3): vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function normalize(a: vec3): vec3 {
  const size = Math.hypot(a[0], a[1], a[2]) || 1;
  return [a[0] / size, a[1] / size, a[2] / size];
}

export function subtract(a: vec3, b: vec3): vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}
