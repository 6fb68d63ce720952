// Surfaces: what a hit looks like, and how light scatters there. A diffuse base under a GGX coat, or GGX metal.

struct Surface {
  position: vec3f,
  normal: vec3f,    // shading normal, on the ray's side
  facing: vec3f,    // true normal, on the ray's side
  color: vec3f,
  metallic: f32,
  alpha: f32,       // GGX roughness
  emission: vec3f,
}

// sRGB to linear (Chapman's cubic).
fn to_linear(color: vec3f) -> vec3f {
  return color * (color * (color * 0.305306011 + 0.682171111) + 0.012522878);
}

fn texel(first: u32, width: u32, x: u32, y: u32) -> vec3f {
  return unpack4x8unorm(texels[first + y * width + x]).rgb;
}

// Bilinear, repeating.
fn read_texture(row: vec4f, uv: vec2f) -> vec3f {
  let size = vec2u(row.yz);
  let at = fract(uv) * row.yz - 0.5;
  let whole = floor(at);
  let share = at - whole;
  let low = vec2u(vec2i(whole) + vec2i(size)) % size;
  let high = (low + 1u) % size;
  let first = u32(row.x);
  let above = mix(texel(first, size.x, low.x, low.y), texel(first, size.x, high.x, low.y), share.x);
  let below = mix(texel(first, size.x, low.x, high.y), texel(first, size.x, high.x, high.y), share.x);
  return to_linear(mix(above, below, share.y));
}

// A normal out of an instance's space: by the transpose of the matrix into it.
fn to_world(instance: u32, normal: vec3f) -> vec3f {
  return normalize(normal.x * frame[instance].xyz + normal.y * frame[instance + 1u].xyz + normal.z * frame[instance + 2u].xyz);
}

fn surface_at(ray: Ray, hit: Hit) -> Surface {
  let a = surfaces[4u * hit.triangle];
  let b = surfaces[4u * hit.triangle + 1u];
  let c = surfaces[4u * hit.triangle + 2u];
  let d = surfaces[4u * hit.triangle + 3u];
  let w = vec3f(1.0 - hit.at.x - hit.at.y, hit.at);
  let flat_normal = cross(triangles[3u * hit.triangle + 1u].xyz, triangles[3u * hit.triangle + 2u].xyz);
  var facing = to_world(hit.instance, flat_normal);
  var normal = to_world(hit.instance, a.xyz * w.x + b.xyz * w.y + c.xyz * w.z);
  if (dot(facing, ray.direction) > 0.0) {
    facing = -facing;
  }
  if (dot(normal, facing) < 0.0) {
    normal = -normal;
  }
  // A shading normal that looks away from the eye is bent back to the horizon.
  let away = dot(normal, ray.direction);
  if (away > -0.02) {
    normal = normalize(normal - ray.direction * (away + 0.02));
  }
  let look = 3u * u32(d.w);
  let base = materials[look];
  let shine = materials[look + 1u];
  let picture = materials[look + 2u];
  var color = base.rgb;
  if (picture.w > 0.0) {
    color *= read_texture(picture, vec2f(dot(w, vec3f(a.w, b.w, c.w)), dot(w, d.xyz)));
  }
  let roughness = clamp(shine.w, 0.05, 1.0);
  let position = ray.origin + ray.direction * hit.distance;
  return Surface(position, normal, facing, color, base.w, roughness * roughness, shine.rgb);
}

// Two axes across a unit vector (Duff et al. 2017).
fn basis(n: vec3f) -> mat3x3f {
  let sign = select(-1.0, 1.0, n.z >= 0.0);
  let a = -1.0 / (sign + n.z);
  let b = n.x * n.y * a;
  return mat3x3f(vec3f(1.0 + sign * n.x * n.x * a, sign * b, -sign * n.x), vec3f(b, sign + n.y * n.y * a, -n.y), n);
}

fn fresnel(f0: vec3f, cosine: f32) -> vec3f {
  let m = 1.0 - clamp(cosine, 0.0, 1.0);
  let m2 = m * m;
  return f0 + (1.0 - f0) * (m2 * m2 * m);
}

fn reflectance(s: Surface) -> vec3f {
  return mix(vec3f(0.04), s.color, s.metallic);
}

fn luminance(color: vec3f) -> f32 {
  return dot(color, vec3f(0.2126, 0.7152, 0.0722));
}

// The share of samples that go to the GGX lobe.
fn specular_share(s: Surface, out_cosine: f32) -> f32 {
  let mirror = luminance(fresnel(reflectance(s), out_cosine));
  let base = luminance(s.color) * (1.0 - s.metallic);
  return clamp(mirror / max(mirror + base, 1e-4), 0.1, 1.0 - 0.9 * (1.0 - s.metallic));
}

// Smith's shadowing of GGX for one direction (Heitz 2014), as 2 / (1 + …).
fn smith(alpha2: f32, cosine: f32) -> f32 {
  return 2.0 * cosine / (cosine + sqrt(alpha2 + (1.0 - alpha2) * cosine * cosine));
}

struct Scatter {
  value: vec3f,  // scattering function times the cosine
  density: f32,  // of choosing this direction, by solid angle
}

// Light from `towards` scattered into `eye` (both leave the surface).
fn scatter(s: Surface, eye: vec3f, towards: vec3f) -> Scatter {
  let cos_in = dot(s.normal, towards);
  let cos_out = dot(s.normal, eye);
  if (cos_in <= 1e-4 || cos_out <= 1e-4) {
    return Scatter(vec3f(0.0), 0.0);
  }
  let half = normalize(eye + towards);
  let cos_half = clamp(dot(s.normal, half), 0.0, 1.0);
  let alpha2 = s.alpha * s.alpha;
  let bell = cos_half * cos_half * (alpha2 - 1.0) + 1.0;
  let facets = alpha2 / (PI * bell * bell);
  let mirror = fresnel(reflectance(s), dot(eye, half));
  let shadow_out = smith(alpha2, cos_out);
  let specular = mirror * (facets * shadow_out * smith(alpha2, cos_in) / (4.0 * cos_out));
  let diffuse = (1.0 - mirror) * s.color * ((1.0 - s.metallic) * cos_in / PI);
  let share = specular_share(s, cos_out);
  let density = mix(cos_in / PI, facets * shadow_out / (4.0 * cos_out), share);
  return Scatter(specular + diffuse, density);
}

// A direction drawn with the density of `scatter`: cosine lobe or visible GGX normals (Heitz 2018).
fn choose_direction(s: Surface, eye: vec3f) -> vec3f {
  let lobe = random2().x;
  let u = random2();
  let axes = basis(s.normal);
  let turn = 2.0 * PI * u.y;
  let r = sqrt(u.x);
  if (lobe >= specular_share(s, dot(s.normal, eye))) {
    return axes * vec3f(r * cos(turn), r * sin(turn), sqrt(max(0.0, 1.0 - u.x)));
  }
  let local = eye * axes;
  let view = normalize(vec3f(s.alpha * local.x, s.alpha * local.y, max(local.z, 1e-3)));
  let across = view.x * view.x + view.y * view.y;
  let t1 = select(vec3f(1.0, 0.0, 0.0), vec3f(-view.y, view.x, 0.0) * inverseSqrt(max(across, 1e-12)), across > 1e-12);
  let t2 = cross(view, t1);
  let p1 = r * cos(turn);
  let warp = 0.5 * (1.0 + view.z);
  let p2 = (1.0 - warp) * sqrt(max(0.0, 1.0 - p1 * p1)) + warp * r * sin(turn);
  let stretched = p1 * t1 + p2 * t2 + sqrt(max(0.0, 1.0 - p1 * p1 - p2 * p2)) * view;
  let facet = axes * normalize(vec3f(s.alpha * stretched.x, s.alpha * stretched.y, max(stretched.z, 1e-6)));
  return reflect(-eye, facet);
}
