/** A square picture in sRGB, three bytes a pixel. */
export interface Picture {
  readonly size: number;
  readonly rgb: Uint8Array;
}

type Color = readonly [number, number, number];

/** Red brick in running bond, four courses a tile. */
export function brick(size: number): Picture {
  return paint(size, (x, y) => {
    const course = Math.floor(y * 8);
    const shifted = x * 3 + (course % 2) * 0.5;
    const column = Math.floor(shifted) % 3;
    const [u, v] = [shifted % 1, (y * 8) % 1];
    const wobble = 0.02 * noise(x * 32, y * 32, 32);
    const edge = Math.min(Math.min(u, 1 - u) * 2.6, Math.min(v, 1 - v)) + wobble;
    const tone = 0.72 + 0.5 * hash(course, column) + 0.22 * noise(x * 16, y * 16, 16);
    const stone = scale(mix([150, 78, 56], [172, 104, 72], hash(column + 7, course)), tone);
    return edge < 0.085 ? scale([168, 152, 134], 0.8 + 0.3 * noise(x * 32, y * 32, 32)) : stone;
  });
}

/** Oak boards with grain along x, four boards a tile. */
export function wood(size: number): Picture {
  return paint(size, (x, y) => {
    const board = Math.floor(y * 4);
    const v = (y * 4) % 1;
    const shift = hash(board, 3);
    const bend = 0.14 * noise(x * 4 + shift * 4, y * 16, 4) + 0.05 * noise(x * 8, y * 32, 8);
    const grain = 0.5 + 0.5 * Math.sin((v + bend + shift) * 38);
    const pore = noise(x * 8, y * 128, 8);
    const base = mix([124, 78, 42], [176, 122, 72], 0.25 + 0.5 * grain * 0.7 + 0.25 * shift);
    const joint = Math.min(v, 1 - v) < 0.02 ? 0.42 : 1;
    return scale(base, joint * (0.86 + 0.2 * pore));
  });
}

/** Terracotta floor tiles with pale joints, four by four. */
export function tiles(size: number): Picture {
  return paint(size, (x, y) => {
    const [u, v] = [(x * 4) % 1, (y * 4) % 1];
    const edge = Math.min(u, 1 - u, v, 1 - v);
    const tone = 0.8 + 0.32 * hash(Math.floor(x * 4), Math.floor(y * 4) + 5) + 0.14 * noise(x * 8, y * 8, 8);
    return edge < 0.028 ? [128, 116, 104] : scale([146, 98, 74], tone);
  });
}

/** Wet clay with throwing rings, a cream slip band and cobalt brush strokes that wind around it. */
export function slipware(size: number): Picture {
  return paint(size, (x, y) => {
    const rings = 0.93 + 0.09 * Math.sin((y * 46 + x) * 2 * Math.PI);
    const clay = scale([168, 104, 74], rings * (0.95 + 0.1 * noise(x * 16, y * 16, 16)));
    // The outer wall takes the upper half of the texture's v axis; the bands lie there.
    const band = y > 0.62 && y < 0.86;
    if (!band) return clay;
    const across = (y - 0.62) / 0.24;
    const cream = scale([228, 212, 182], rings);
    if (across < 0.07 || across > 0.93) return scale([44, 66, 118], rings);
    const leaf = ((x * 9 + across * 0.55) % 1) - 0.5;
    const width = 0.3 * Math.sin(Math.min(Math.max((across - 0.14) / 0.72, 0), 1) * Math.PI);
    return Math.abs(leaf) < width
      ? scale(mix([38, 64, 132], [64, 98, 160], Math.abs(leaf) / 0.3), rings)
      : cream;
  });
}

function paint(size: number, color: (x: number, y: number) => Color): Picture {
  const rgb = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      // Steps of three keep the file small; nobody sees them under a path tracer's light.
      const bytes = color((x + 0.5) / size, (y + 0.5) / size).map((c) =>
        Math.min(255, Math.max(0, 3 * Math.round(c / 3))),
      );
      rgb.set(bytes, (y * size + x) * 3);
    }
  }
  return { size, rgb };
}

function scale(color: Color, by: number): Color {
  return [color[0] * by, color[1] * by, color[2] * by];
}

function mix(a: Color, b: Color, share: number): Color {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** A repeatable number in 0..1 for a grid cell. */
function hash(x: number, y: number): number {
  const mixed = Math.imul(
    Math.imul(x | 0, 0x27d4eb2d) ^ Math.imul(y | 0, 0x165667b1) ^ 0x9e3779b9,
    0x85ebca6b,
  );
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 0x1_0000_0000;
}

/** Value noise in −1..1 that repeats every `period` cells. */
function noise(x: number, y: number, period: number): number {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [smooth(x - x0), smooth(y - y0)];
  const at = (i: number, j: number): number => hash((x0 + i) % period, y0 + j);
  const low = at(0, 0) + (at(1, 0) - at(0, 0)) * fx;
  const high = at(0, 1) + (at(1, 1) - at(0, 1)) * fx;
  return 2 * (low + (high - low) * fy) - 1;
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
