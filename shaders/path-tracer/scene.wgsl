// The scene's buffers, seeded random numbers, and the search for what a ray hits.

struct Params {
  tile: u32,     // first workgroup row of this cut of the dispatch
  turn: u32,     // turn of a repeated pass
  width: u32,
  height: u32,
  samples: u32,  // paths a pixel
  bounces: u32,  // surfaces a path meets
  frame: u32,    // seeds the random numbers
  reserved: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// Two rows a pair of siblings: six sides of the left box, six of the right (16 bits each: low, high), two references.
@group(0) @binding(1) var<storage, read> nodes: array<vec4u>;
// Three rows a triangle: corner, edge, edge, in steps of its group's grid.
@group(0) @binding(2) var<storage, read> triangles: array<vec4f>;
// Four rows a triangle: normal and u of each corner; the three v and the material.
@group(0) @binding(3) var<storage, read> surfaces: array<vec4f>;
// Three rows a material: color, metallic; emission, roughness; first texel, width, height, has texture.
@group(0) @binding(4) var<storage, read> materials: array<vec4f>;
@group(0) @binding(5) var<storage, read> texels: array<u32>;
// The frame's record: 8 rows of header, top-level nodes, instances (4 rows), lights (4 rows).
@group(0) @binding(6) var<storage, read> frame: array<vec4f>;

const PI = 3.14159265;
const FAR = 1e30;
const STACK_ENTRIES = 32u;
const TOP_STACK_ENTRIES = 16u;
// No hierarchy of ours needs this many visits; it bounds the loops against any input.
const MAX_VISITS = 65536u;
// A reference to a leaf: this bit, 7 bits of count, 24 bits of its first triangle. Else the index of a pair.
const LEAF_BIT = 0x80000000u;
const NOTHING = 0xffffffffu;

var<private> seed: u32;
var<private> sample_index: u32;
var<private> dimension: u32;

// PCG hash of one word (Jarzynski and Olano 2020).
fn hash(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

fn unit(bits: u32) -> f32 {
  return f32(bits >> 8u) * (1.0 / 16777216.0);
}

// The next two numbers in 0..1: the R2 sequence over a pixel's samples (Roberts 2018), shifted by a hash of pixel,
// frame and dimension, all in integers, so that every device draws the same ones.
fn random2() -> vec2f {
  let shift = hash(seed + dimension * 0x9e3779b9u);
  dimension += 1u;
  return vec2f(unit(shift + sample_index * 3242174889u), unit(hash(shift) + sample_index * 2447445414u));
}

struct Ray {
  origin: vec3f,
  direction: vec3f,
}

struct Hit {
  distance: f32,
  triangle: u32,
  instance: u32,  // row of the instance in the frame's record
  at: vec2f,      // barycentric weights of the second and third corner
}

// The distance at which a ray enters a box, FAR when it misses or enters beyond `limit`.
fn enter_box(low: vec3f, high: vec3f, origin: vec3f, inverse: vec3f, limit: f32) -> f32 {
  let a = (low - origin) * inverse;
  let b = (high - origin) * inverse;
  let near = min(a, b);
  let far = max(a, b);
  let enter = max(max(near.x, near.y), max(near.z, 0.0));
  let leave = min(min(far.x, far.y), min(far.z, limit));
  return select(FAR, enter, enter <= leave);
}

fn safe_inverse(direction: vec3f) -> vec3f {
  let tiny = vec3f(1e-12);
  return 1.0 / select(direction, tiny, abs(direction) < tiny);
}

// Möller–Trumbore; x is the distance (FAR for a miss), yz the barycentric weights.
fn hit_triangle(index: u32, ray: Ray, limit: f32) -> vec3f {
  let e1 = triangles[3u * index + 1u].xyz;
  let e2 = triangles[3u * index + 2u].xyz;
  let p = cross(ray.direction, e2);
  let determinant = dot(e1, p);
  let scale = 1.0 / select(determinant, 1e-30, abs(determinant) < 1e-30);
  let s = ray.origin - triangles[3u * index].xyz;
  let u = dot(s, p) * scale;
  let q = cross(s, e1);
  let v = dot(ray.direction, q) * scale;
  let t = dot(e2, q) * scale;
  let inside = u >= 0.0 && v >= 0.0 && u + v <= 1.0 && t > 0.0 && t < limit;
  return vec3f(select(FAR, t, inside), u, v);
}

fn spread(low_x: u32, low_y: u32, low_z: u32) -> vec3f {
  return vec3f(f32(low_x), f32(low_y), f32(low_z));
}

// One instance: the ray in its grid (direction not normalised, so that distances agree with the world's). Loads are
// what a traversal costs on a CPU adapter: a visit reads one pair and nothing else.
fn search_instance(row: u32, world: Ray, found: ptr<function, Hit>, any: bool) {
  let a = frame[row];
  let b = frame[row + 1u];
  let c = frame[row + 2u];
  let root = frame[row + 3u].xy;
  let o = vec4f(world.origin, 1.0);
  let d = world.direction;
  let ray = Ray(vec3f(dot(a, o), dot(b, o), dot(c, o)), vec3f(dot(a.xyz, d), dot(b.xyz, d), dot(c.xyz, d)));
  let inverse = safe_inverse(ray.direction);
  var stack: array<u32, STACK_ENTRIES>;
  var top = 0u;
  var best = *found;
  var node = select(u32(root.x), LEAF_BIT | (u32(root.y) << 24u) | u32(root.x), root.y > 0.0);
  for (var visit = 0u; visit < MAX_VISITS; visit++) {
    var next = NOTHING;
    if ((node & LEAF_BIT) != 0u) {
      let first = node & 0xffffffu;
      let count = (node >> 24u) & 0x7fu;
      for (var i = 0u; i < count; i++) {
        let hit = hit_triangle(first + i, ray, best.distance);
        if (hit.x < FAR) {
          best = Hit(hit.x, first + i, row, hit.yz);
        }
      }
      if (any && best.instance != 0u) {
        break;
      }
    } else {
      let p = nodes[2u * node];
      let q = nodes[2u * node + 1u];
      let low_left = spread(p.x & 0xffffu, p.y & 0xffffu, p.z & 0xffffu);
      let low_right = spread(p.w & 0xffffu, q.x & 0xffffu, q.y & 0xffffu);
      let left = enter_box(low_left, spread(p.x >> 16u, p.y >> 16u, p.z >> 16u), ray.origin, inverse, best.distance);
      let right = enter_box(low_right, spread(p.w >> 16u, q.x >> 16u, q.y >> 16u), ray.origin, inverse, best.distance);
      let swap = right < left;
      if (min(left, right) < FAR) {
        next = select(q.z, q.w, swap);
        if (max(left, right) < FAR && top < STACK_ENTRIES) {
          stack[top] = select(q.w, q.z, swap);
          top += 1u;
        }
      }
    }
    if (next == NOTHING) {
      if (top == 0u) {
        break;
      }
      top -= 1u;
      next = stack[top];
    }
    node = next;
  }
  *found = best;
}

// What the ray hits first before `limit`, or with `any` whether it hits at all (instance 0: nothing).
fn search(ray: Ray, limit: f32, any: bool) -> Hit {
  var found = Hit(limit, 0u, 0u, vec2f(0.0));
  let inverse = safe_inverse(ray.direction);
  let nodes_at = u32(frame[0].w);
  let instances_at = u32(frame[1].w);
  var stack: array<u32, TOP_STACK_ENTRIES>;
  var top = 1u;
  stack[0] = 0u;
  for (var visit = 0u; visit < MAX_VISITS && top > 0u; visit++) {
    top -= 1u;
    let row = nodes_at + 2u * stack[top];
    let low = frame[row];
    let high = frame[row + 1u];
    if (enter_box(low.xyz, high.xyz, ray.origin, inverse, found.distance) < FAR) {
      let first = u32(low.w);
      if (high.w > 0.0) {
        search_instance(instances_at + 4u * first, ray, &found, any);
        if (any && found.instance != 0u) {
          return found;
        }
      } else if (top + 2u <= TOP_STACK_ENTRIES) {
        // The child whose middle comes first along the ray is taken first.
        let left = nodes_at + 2u * first;
        let gap = frame[left].xyz + frame[left + 1u].xyz - frame[left + 2u].xyz - frame[left + 3u].xyz;
        let far = u32(dot(gap, ray.direction) < 0.0);
        stack[top] = first + far;
        stack[top + 1u] = first + 1u - far;
        top += 2u;
      }
    }
  }
  return found;
}
