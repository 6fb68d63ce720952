import { type Point3, type Shape, box, curve, joinShapes, moveShape, quad, tube } from './shapes.ts';

/** Height of the table's top in metres. */
export const TABLE_TOP_METERS = 0.78;

/** Wooden table, centred on the origin. */
export function table(): Shape {
  const legs = [-0.86, 0.86].flatMap((x) =>
    [-0.33, 0.33].map((z) => box([x, 0.36, z], [0.085, 0.72, 0.085], 1)),
  );
  const aprons = [-0.33, 0.33].map((z) => box([0, 0.66, z], [1.66, 0.11, 0.03], 1));
  return joinShapes([box([0, TABLE_TOP_METERS - 0.03, 0], [1.96, 0.06, 0.86], 1), ...aprons, ...legs]);
}

/** One wall board with two brackets; its top at y = 0, its back at z = 0. */
export function shelf(width: number): Shape {
  const brackets = [-0.38, 0.38].map((share) => box([share * width, -0.1, 0.09], [0.03, 0.14, 0.16], 1));
  return joinShapes([box([0, -0.018, 0.13], [width, 0.036, 0.26], 1), ...brackets]);
}

/** The kiln's masonry around its firing chamber, front at z = 0, standing on y = 0. */
export function kilnBody(): Shape {
  return joinShapes([
    box([-0.36, 0.75, -0.4], [0.24, 1.5, 0.8], 0.8),
    box([0.36, 0.75, -0.4], [0.24, 1.5, 0.8], 0.8),
    box([0, 0.29, -0.4], [0.48, 0.58, 0.8], 0.8),
    box([0, 1.34, -0.4], [0.48, 0.32, 0.8], 0.8),
    box([0, 0.88, -0.76], [0.48, 0.6, 0.08], 0.8),
    box([0, 1.53, -0.4], [1.04, 0.06, 0.88], 0.8),
  ]);
}

/** Iron around the chamber's mouth, the door swung open on the right, and the flue. */
export function kilnIron(): Shape {
  const frame = [
    box([0, 0.57, 0.012], [0.6, 0.05, 0.03]),
    box([0, 1.19, 0.012], [0.6, 0.05, 0.03]),
    box([-0.265, 0.88, 0.012], [0.05, 0.6, 0.03]),
    box([0.265, 0.88, 0.012], [0.05, 0.6, 0.03]),
  ];
  const flue = tube(
    [
      [0.15, 1.5, -0.5],
      [0.15, 3.2, -0.5],
    ],
    [0.09, 0.09],
    20,
  );
  return joinShapes([...frame, flue]);
}

/** The kiln's open door, hinged at x = 0 and standing out along z. */
export function kilnDoor(): Shape {
  const handle = tube(
    curve<Point3>(
      [
        [0.03, 0, 0.4],
        [0.07, 0.02, 0.4],
        [0.07, 0.12, 0.4],
        [0.03, 0.14, 0.4],
      ],
      3,
    ),
    [0.01, 0.01],
    8,
  );
  return joinShapes([moveShape(box([0, 0, 0.25], [0.05, 0.62, 0.5]), [0, 0, 0]), handle]);
}

/** The heating rods of the firing chamber. */
export function kilnRods(): Shape {
  return joinShapes([0.68, 0.82, 0.96, 1.1].map((y) => box([0, y, -0.69], [0.46, 0.028, 0.028])));
}

/** The glowing wall behind the rods. */
export function kilnGlow(): Shape {
  return quad([-0.235, 0.6, -0.715], [0.47, 0, 0], [0, 0.56, 0]);
}

/** The bars of the window in the left wall, which lies in the plane x = 0, centred on the origin. */
export function windowFrame(width: number, height: number): Shape {
  const posts = [-0.5, 0, 0.5].map((share) => box([0.02, 0, share * width], [0.06, height + 0.08, 0.05], 1));
  const rails = [-0.5, 0, 0.5].map((share) => box([0.02, share * height, 0], [0.055, 0.05, width + 0.08], 1));
  return joinShapes([...posts, ...rails, box([0.07, -height / 2 - 0.05, 0], [0.18, 0.03, width + 0.2], 1)]);
}

/** A stool's worth of clay bags is too much; a trimming tool: wooden grip and a wire loop, along x. */
export function trimmingTool(): readonly [grip: Shape, loop: Shape] {
  const grip = tube(
    [
      [0, 0, 0],
      [0.02, 0, 0],
      [0.07, 0, 0],
      [0.12, 0, 0],
    ],
    [0.011, 0.008],
    10,
  );
  const loop = tube(
    curve<Point3>(
      [
        [0.12, 0, 0],
        [0.15, 0, 0.022],
        [0.178, 0, 0.016],
        [0.178, 0, -0.016],
        [0.15, 0, -0.022],
        [0.12, 0, 0],
      ],
      4,
    ),
    [0.0022, 0.0022],
    6,
  );
  return [grip, loop];
}
