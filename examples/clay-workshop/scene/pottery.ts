import { type Point2, type Point3, type Shape, curve, joinShapes, lathe, tube } from './shapes.ts';

/** Segments around a pot: smooth at 720 lines, small in the file. */
const AROUND = 24;

/** A thin-walled vessel from its outer wall (bottom to lip) in metres; the inside follows at `wall` metres. */
function vessel(outer: readonly Point2[], wall: number, around = AROUND): Shape {
  const outside = curve(outer, 3);
  const inside = curve([...outer].reverse().slice(1), 1).map(([r, y]): Point2 => [
    Math.max(r - wall, 0.001),
    y + wall * 0.6,
  ]);
  const [lipRadius, lipHeight] = outside[outside.length - 1]!;
  const foot: Point2 = [0, outside[0]![1]];
  const lip: Point2 = [lipRadius - wall / 2, lipHeight + wall * 0.4];
  return lathe([foot, ...outside, lip, ...inside, [0, inside[inside.length - 1]![1]]], around);
}

function handle(path: readonly Point3[], radius: number): Shape {
  return tube(curve(path, 3), [radius, radius], 6);
}

/** The vase on the wheel, 0.36 m tall. */
export function wheelVase(): Shape {
  const outer: Point2[] = [
    [0.075, 0],
    [0.1, 0.05],
    [0.132, 0.13],
    [0.122, 0.21],
    [0.078, 0.275],
    [0.062, 0.31],
    [0.088, 0.36],
  ];
  return vessel(outer, 0.012, 36);
}

/** A tall bottle with a narrow neck. */
export function bottle(): Shape {
  return vessel(
    [
      [0.06, 0],
      [0.085, 0.06],
      [0.082, 0.15],
      [0.04, 0.22],
      [0.022, 0.27],
      [0.024, 0.31],
      [0.038, 0.335],
    ],
    0.006,
  );
}

/** A round jar. */
export function jar(): Shape {
  return vessel(
    [
      [0.055, 0],
      [0.098, 0.05],
      [0.112, 0.105],
      [0.09, 0.165],
      [0.062, 0.19],
      [0.072, 0.212],
    ],
    0.009,
  );
}

/** An open bowl. */
export function bowl(): Shape {
  return vessel(
    [
      [0.045, 0],
      [0.052, 0.012],
      [0.09, 0.035],
      [0.118, 0.07],
      [0.128, 0.1],
    ],
    0.008,
  );
}

/** A shallow dish, shown on its edge or flat. */
export function plate(): Shape {
  return vessel(
    [
      [0.07, 0],
      [0.078, 0.01],
      [0.13, 0.018],
      [0.158, 0.036],
    ],
    0.007,
  );
}

/** A mug with its handle. */
export function mug(): Shape {
  const body = vessel(
    [
      [0.042, 0],
      [0.048, 0.012],
      [0.05, 0.05],
      [0.047, 0.085],
      [0.051, 0.112],
    ],
    0.006,
    24,
  );
  return joinShapes([
    body,
    handle(
      [
        [0.046, 0.092, 0],
        [0.082, 0.094, 0],
        [0.09, 0.06, 0],
        [0.072, 0.03, 0],
        [0.046, 0.022, 0],
      ],
      0.0075,
    ),
  ]);
}

/** A kettle of metal with spout, lid and bow. */
export function kettle(): Shape {
  const body = lathe(
    [
      [0, 0],
      ...curve<Point2>(
        [
          [0.1, 0],
          [0.122, 0.02],
          [0.128, 0.06],
          [0.104, 0.115],
          [0.056, 0.14],
        ],
        4,
      ),
      ...curve<Point2>(
        [
          [0.054, 0.144],
          [0.04, 0.156],
          [0.012, 0.163],
        ],
        3,
      ),
      [0.011, 0.172],
      [0.018, 0.182],
      [0.012, 0.193],
      [0, 0.194],
    ],
    32,
  );
  const spout = tube(
    curve<Point3>(
      [
        [0.1, 0.05, 0],
        [0.152, 0.07, 0],
        [0.17, 0.12, 0],
        [0.205, 0.148, 0],
      ],
      4,
    ),
    [0.026, 0.012],
    12,
  );
  return joinShapes([
    body,
    spout,
    handle(
      [
        [-0.09, 0.118, 0],
        [-0.1, 0.2, 0],
        [-0.05, 0.262, 0],
        [0.03, 0.262, 0],
        [0.09, 0.2, 0],
        [0.086, 0.122, 0],
      ],
      0.0075,
    ),
  ]);
}

/** The turning metal head of the wheel, its top at y = 0. */
export function wheelHead(): Shape {
  return lathe(
    [
      [0, -0.09],
      [0.03, -0.09],
      [0.03, -0.028],
      [0.19, -0.022],
      [0.2, -0.012],
      [0.2, -0.004],
      [0.196, 0],
      [0.15, 0],
      [0.148, -0.002],
      [0.144, 0],
      [0, 0],
    ],
    40,
  );
}

/** The splash pan around the wheel, standing on y = 0. */
export function splashPan(): Shape {
  return lathe(
    [
      [0, 0],
      ...curve<Point2>(
        [
          [0.24, 0],
          [0.275, 0.01],
          [0.285, 0.05],
          [0.29, 0.09],
        ],
        3,
      ),
      [0.286, 0.097],
      [0.28, 0.094],
      ...curve<Point2>(
        [
          [0.276, 0.05],
          [0.262, 0.02],
          [0.2, 0.012],
        ],
        3,
      ),
      [0, 0.012],
    ],
    40,
  );
}

/** A lamp's conical shade, its opening at y = 0; `inside` gives the inner face alone. */
export function lampShade(isInside: boolean): Shape {
  const wall = curve<Point2>(
    [
      [0.2, 0],
      [0.185, 0.045],
      [0.13, 0.1],
      [0.05, 0.13],
      [0.034, 0.17],
    ],
    3,
  );
  const inner = [...wall].reverse().map(([r, y]): Point2 => [r - 0.004, y - 0.002]);
  return isInside ? lathe([[0, 0.165], ...inner], 36) : lathe([...wall, [0, 0.18]], 36);
}

/** A light bulb, few triangles: each is a lamp of its own to the path tracer. */
export function bulb(): Shape {
  return lathe(
    [
      [0, -0.045],
      [0.032, -0.032],
      [0.045, 0],
      [0.03, 0.034],
      [0, 0.045],
    ],
    8,
  );
}
