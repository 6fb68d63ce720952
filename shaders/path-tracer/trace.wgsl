// Paths from the eye: emission, one light sample a bounce weighed against the scattering (Veach 1995), sky.

// Rows of one pixel: light without the first surface's color, its variance. Two halves for the denoiser.
@group(0) @binding(7) var<storage, read_write> light: array<vec4f>;
// Three rows a pixel: normal, distance at its middle; mean color of the first surface; light that comes straight to the eye.
@group(0) @binding(8) var<storage, read_write> guides: array<vec4f>;

const MAX_BOUNCES = 16u;
const MAX_SAMPLES = 4096u;
const LIGHT_SEARCH_STEPS = 12u;
// Brighter paths than this (radiance without the first color) are cut: fireflies that no denoiser can spread.
const MAX_INDIRECT = 6.0;
// Rays start this far off a surface, in metres.
const SKIN = 2e-4;

struct Path {
  indirect: vec3f,
  direct: vec3f,   // emission or sky that the eye sees itself
  normal: vec3f,
  color: vec3f,
  distance: f32,
}

fn sky(direction: vec3f) -> vec3f {
  return mix(frame[5].rgb, frame[4].rgb, 0.5 + 0.5 * direction.y);
}

// The density of the light sampling below for a point on an emitter, by solid angle.
fn light_density(emission: vec3f, distance: f32, cosine: f32) -> f32 {
  return luminance(emission) / max(frame[4].w, 1e-6) * distance * distance / max(abs(cosine), 1e-4);
}

// The row of the light whose cumulative share first reaches `at`.
fn choose_light(at: f32) -> u32 {
  let first = u32(frame[2].w);
  var low = 0u;
  var high = u32(frame[3].w) - 1u;
  for (var step = 0u; step < LIGHT_SEARCH_STEPS && low < high; step++) {
    let middle = (low + high) / 2u;
    if (frame[first + 4u * middle].w < at) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  return first + 4u * low;
}

// Light that reaches the surface straight from one emitter. `alone`: no later ray of this path can find it too.
fn sample_light(s: Surface, eye: vec3f, alone: bool) -> vec3f {
  let pick = random2().x;
  let u = random2();
  if (frame[3].w < 1.0) {
    return vec3f(0.0);
  }
  let row = choose_light(pick);
  let e1 = frame[row + 1u].xyz;
  let e2 = frame[row + 2u].xyz;
  let emission = frame[row + 3u].rgb;
  let root = sqrt(u.x);
  let goal = frame[row].xyz + e1 * (root * (1.0 - u.y)) + e2 * (root * u.y);
  let origin = s.position + s.facing * SKIN;
  let gap = goal - origin;
  let distance = length(gap);
  let towards = gap / max(distance, 1e-6);
  let scattered = scatter(s, eye, towards);
  if (scattered.density <= 0.0 || dot(s.facing, towards) <= 0.0) {
    return vec3f(0.0);
  }
  let cosine = dot(normalize(cross(e1, e2)), towards);
  if (abs(cosine) < 1e-4 || search(Ray(origin, towards), distance - 2.0 * SKIN, true).instance != 0u) {
    return vec3f(0.0);
  }
  let density = light_density(emission, distance, cosine);
  return emission * scattered.value / (density + select(scattered.density, 0.0, alone));
}

fn trace_path(first: Ray) -> Path {
  var path = Path(vec3f(0.0), vec3f(0.0), vec3f(0.0), vec3f(1.0), FAR);
  var ray = first;
  var strength = vec3f(1.0);
  var density = 0.0;
  let bounces = clamp(params.bounces, 1u, MAX_BOUNCES);
  for (var bounce = 0u; bounce < bounces; bounce++) {
    let hit = search(ray, FAR, false);
    if (hit.instance == 0u) {
      if (bounce == 0u) {
        path.direct = sky(ray.direction);
      } else {
        path.indirect += strength * sky(ray.direction);
      }
      break;
    }
    let s = surface_at(ray, hit);
    if (bounce == 0u) {
      path.normal = s.normal;
      path.color = max(s.color, vec3f(0.03));
      path.distance = hit.distance;
      path.direct = s.emission;
      strength /= path.color;
    } else if (luminance(s.emission) > 0.0) {
      let other = light_density(s.emission, hit.distance, dot(s.facing, ray.direction));
      path.indirect += strength * s.emission * (density / (density + other));
    }
    // A black lamp scatters nothing worth a ray.
    if (luminance(s.emission) > 0.0 && luminance(s.color) <= 0.0) {
      break;
    }
    let eye = -ray.direction;
    let is_last = bounce + 1u >= bounces;
    path.indirect += strength * sample_light(s, eye, is_last);
    if (is_last) {
      break;
    }
    let towards = choose_direction(s, eye);
    let scattered = scatter(s, eye, towards);
    if (scattered.density <= 1e-6 || dot(s.facing, towards) <= 0.0) {
      break;
    }
    strength *= scattered.value / scattered.density;
    density = scattered.density;
    // Russian roulette from the second bounce on.
    if (bounce > 0u) {
      let survival = clamp(max(strength.r, max(strength.g, strength.b)), 0.1, 1.0);
      if (random2().x >= survival) {
        break;
      }
      strength /= survival;
    }
    ray = Ray(s.position + s.facing * SKIN, towards);
  }
  return path;
}

@compute @workgroup_size(8, 8)
fn trace(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let x = group.x * 8u + local.x;
  let y = (group.y + params.tile) * 8u + local.y;
  if (x >= params.width || y >= params.height) {
    return;
  }
  let pixel = y * params.width + x;
  seed = hash(hash(pixel) + params.frame * 0x85ebca6bu);
  var light_sum = vec3f(0.0);
  var square_sum = 0.0;
  var direct = vec3f(0.0);
  var normal = vec3f(0.0);
  var color = vec3f(0.0);
  var distance = 0.0;
  let samples = clamp(params.samples, 1u, MAX_SAMPLES);
  for (var i = 0u; i < samples; i++) {
    sample_index = i;
    dimension = 0u;
    // The first goes through the middle: its surface leads the denoiser, and edges stay even from pixel to pixel.
    let jitter = select(random2(), vec2f(0.5), i == 0u);
    let at = (vec2f(f32(x), f32(y)) + jitter) / vec2f(f32(params.width), f32(params.height)) * 2.0 - 1.0;
    let towards = normalize(frame[3].xyz + at.x * frame[1].xyz - at.y * frame[2].xyz);
    let path = trace_path(Ray(frame[0].xyz, towards));
    // What is infinite or not a number fails the comparison and becomes black.
    let brightness = luminance(path.indirect);
    let kept = select(vec3f(0.0), path.indirect * min(1.0, MAX_INDIRECT / max(brightness, 1e-6)), brightness < 1e6);
    light_sum += kept;
    square_sum += luminance(kept) * luminance(kept);
    direct += path.direct;
    color += path.color;
    // An edge pixel is denoised with one of its sides: between two of them it would find no neighbours.
    if (i == 0u) {
      normal = path.normal;
      distance = min(path.distance, 1e4);
    }
  }
  let n = f32(samples);
  let mean = light_sum / n;
  let variance = max(square_sum / n - luminance(mean) * luminance(mean), 0.0) / n;
  light[pixel] = vec4f(mean, variance);
  guides[3u * pixel] = vec4f(normal, distance);
  guides[3u * pixel + 1u] = vec4f(color / n, 0.0);
  guides[3u * pixel + 2u] = vec4f(direct / n, 0.0);
}
