/** A triangle mesh as glTF stores it: three floats a position and normal, two a texture coordinate. */
export interface Shape {
  readonly positions: number[];
  readonly normals: number[];
  readonly uvs: number[];
  readonly indices: number[];
}

export type Point2 = readonly [number, number];
export type Point3 = readonly [number, number, number];

/** Profile corners sharper than this keep a hard edge (cosine of 50°). */
const CREASE_COSINE = 0.64;

function emptyShape(): Shape {
  return { positions: [], normals: [], uvs: [], indices: [] };
}

/** Copies of shapes in one mesh. */
export function joinShapes(shapes: readonly Shape[]): Shape {
  const whole = emptyShape();
  for (const shape of shapes) {
    const first = whole.positions.length / 3;
    whole.positions.push(...shape.positions);
    whole.normals.push(...shape.normals);
    whole.uvs.push(...shape.uvs);
    whole.indices.push(...shape.indices.map((index) => index + first));
  }
  return whole;
}

/** The same shape with each distinct corner stored once. */
export function weldShape(shape: Shape): Shape {
  const welded = emptyShape();
  const known = new Map<string, number>();
  const at = shape.positions.slice(0, shape.positions.length / 3).map((_, i) => {
    const position = shape.positions.slice(3 * i, 3 * i + 3);
    const normal = shape.normals.slice(3 * i, 3 * i + 3);
    const uv = shape.uvs.slice(2 * i, 2 * i + 2);
    const key = [...position, ...normal, ...uv].map((value) => value.toFixed(5)).join();
    const index = known.get(key) ?? known.size;
    if (index === known.size) {
      welded.positions.push(...position);
      welded.normals.push(...normal);
      welded.uvs.push(...uv);
      known.set(key, index);
    }
    return index;
  });
  welded.indices.push(...shape.indices.map((index) => at[index]!));
  return welded;
}

/** The shape moved by an offset in metres. */
export function moveShape(shape: Shape, by: Point3): Shape {
  return { ...shape, positions: shape.positions.map((value, i) => value + by[i % 3]!) };
}

/** A parallelogram from one corner along two edges; its front is where u × v points. Texture in metres × `scale`. */
export function quad(corner: Point3, u: Point3, v: Point3, scale = 1): Shape {
  const normal = normalize(cross(u, v));
  const at = (s: number, t: number): number[] => corner.map((value, i) => value + s * u[i]! + t * v[i]!);
  const [width, height] = [length(u) * scale, length(v) * scale];
  return {
    positions: [...at(0, 0), ...at(1, 0), ...at(1, 1), ...at(0, 1)],
    normals: [normal, normal, normal, normal].flat(),
    uvs: [0, height, width, height, width, 0, 0, 0],
    indices: [0, 1, 2, 0, 2, 3],
  };
}

/** An axis-aligned box by centre and size in metres; texture in metres × `scale`, its u along the longer side. */
export function box(centre: Point3, size: Point3, scale = 1): Shape {
  const [w, h, d] = size;
  const [x, y, z] = [centre[0] - w / 2, centre[1] - h / 2, centre[2] - d / 2];
  return joinShapes([
    quad([x, y, z + d], [w, 0, 0], [0, h, 0], scale),
    quad([x + w, y, z], [-w, 0, 0], [0, h, 0], scale),
    quad([x + w, y, z + d], [0, 0, -d], [0, h, 0], scale),
    quad([x, y, z], [0, 0, d], [0, h, 0], scale),
    quad([x, y + h, z + d], [w, 0, 0], [0, 0, -d], scale),
    quad([x, y, z], [w, 0, 0], [0, 0, d], scale),
  ]);
}

/** A smooth curve (Catmull-Rom) through points, `perSpan` pieces between two of them. */
export function curve<P extends readonly number[]>(points: readonly P[], perSpan: number): P[] {
  const at = (i: number): P => points[Math.min(Math.max(i, 0), points.length - 1)]!;
  const result: P[] = [];
  for (let i = 0; i < points.length - 1; i++) {
    for (let step = 0; step < perSpan; step++) {
      result.push(catmullRom(at(i - 1), at(i), at(i + 1), at(i + 2), step / perSpan));
    }
  }
  return [...result, at(points.length - 1)];
}

function catmullRom<P extends readonly number[]>(a: P, b: P, c: P, d: P, t: number): P {
  const mixed = b.map((value, i) => {
    const [before, next, after] = [a[i]!, c[i]!, d[i]!];
    const cubic = 3 * value - before - 3 * next + after;
    const square = 2 * before - 5 * value + 4 * next - after;
    return value + 0.5 * t * (next - before + t * (square + t * cubic));
  });
  return mixed as unknown as P;
}

/** A body of revolution about the y axis; the profile is [radius, height], its outside on the way up. */
export function lathe(profile: readonly Point2[], segments: number): Shape {
  const shape = emptyShape();
  const lengths = [0];
  for (let j = 1; j < profile.length; j++) {
    lengths.push(
      lengths[j - 1]! + Math.hypot(profile[j]![0] - profile[j - 1]![0], profile[j]![1] - profile[j - 1]![1]),
    );
  }
  const total = lengths[lengths.length - 1]!;
  for (let j = 0; j < profile.length - 1; j++) {
    const own = profileNormal(profile, j);
    const below = softNormal(own, profileNormal(profile, j - 1));
    const above = softNormal(own, profileNormal(profile, j + 1));
    addBand(
      shape,
      profile[j]!,
      profile[j + 1]!,
      below,
      above,
      [lengths[j]! / total, lengths[j + 1]! / total],
      segments,
    );
  }
  return shape;
}

function profileNormal(profile: readonly Point2[], j: number): Point2 | undefined {
  const [a, b] = [profile[j], profile[j + 1]];
  if (a === undefined || b === undefined) return undefined;
  const size = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  return [(b[1] - a[1]) / size, (a[0] - b[0]) / size];
}

function softNormal(own: Point2 | undefined, other: Point2 | undefined): Point2 {
  const mine = own ?? [1, 0];
  if (other === undefined || mine[0] * other[0] + mine[1] * other[1] < CREASE_COSINE) return mine;
  const sum: Point2 = [mine[0] + other[0], mine[1] + other[1]];
  const size = Math.hypot(...sum);
  return [sum[0] / size, sum[1] / size];
}

function addBand(
  shape: Shape,
  low: Point2,
  high: Point2,
  lowNormal: Point2,
  highNormal: Point2,
  v: Point2,
  segments: number,
): void {
  const first = shape.positions.length / 3;
  for (let i = 0; i <= segments; i++) {
    const angle = (2 * Math.PI * i) / segments;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    shape.positions.push(low[0] * cos, low[1], low[0] * sin, high[0] * cos, high[1], high[0] * sin);
    shape.normals.push(lowNormal[0] * cos, lowNormal[1], lowNormal[0] * sin);
    shape.normals.push(highNormal[0] * cos, highNormal[1], highNormal[0] * sin);
    shape.uvs.push(i / segments, 1 - v[0], i / segments, 1 - v[1]);
    if (i === segments) break;
    const a = first + 2 * i;
    if (high[0] > 0) shape.indices.push(a, a + 1, a + 3);
    if (low[0] > 0) shape.indices.push(a, a + 3, a + 2);
  }
}

/** A round tube along a path, for handles, spouts and cords; `radius` in metres at the start and the end. */
export function tube(path: readonly Point3[], radius: Point2, segments: number): Shape {
  const shape = emptyShape();
  let side: Point3 = [0.317, 0.211, 0.924];
  path.forEach((centre, j) => {
    const from = path[Math.max(j - 1, 0)]!;
    const to = path[Math.min(j + 1, path.length - 1)]!;
    const along = normalize([to[0] - from[0], to[1] - from[1], to[2] - from[2]]);
    side = normalize(cross(along, cross(side, along)));
    const up = cross(along, side);
    const share = j / (path.length - 1);
    const size = radius[0] + (radius[1] - radius[0]) * share;
    for (let i = 0; i <= segments; i++) {
      const angle = (2 * Math.PI * i) / segments;
      const normal = side.map((value, axis) => value * Math.cos(angle) + up[axis]! * Math.sin(angle));
      shape.positions.push(...normal.map((value, axis) => centre[axis]! + size * value));
      shape.normals.push(...normal);
      shape.uvs.push(i / segments, share);
    }
  });
  for (let j = 0; j < path.length - 1; j++) {
    for (let i = 0; i < segments; i++) {
      const a = j * (segments + 1) + i;
      const b = a + segments + 1;
      shape.indices.push(a, a + 1, b + 1, a, b + 1, b);
    }
  }
  return shape;
}

function cross(a: Point3, b: Point3): Point3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function length(a: Point3): number {
  return Math.hypot(...a);
}

function normalize(a: Point3): Point3 {
  const size = length(a) || 1;
  return [a[0] / size, a[1] / size, a[2] / size];
}
