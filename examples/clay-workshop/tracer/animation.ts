import type { AnimationChannel, Document, Node, Scene } from '@gltf-transform/core';
import { type Matrix, compose, multiply } from './matrix.ts';

type Path = 'translation' | 'rotation' | 'scale';

/** One animated property of a node: key times in seconds and values, as glTF stores them. */
export interface Track {
  readonly path: Path;
  readonly interpolation: 'LINEAR' | 'STEP' | 'CUBICSPLINE';
  readonly times: Float32Array;
  readonly values: readonly (readonly number[])[];
}

export interface Motion {
  /** The last key of any track, in seconds; 0 when nothing moves. */
  readonly durationSeconds: number;
  readonly tracks: ReadonlyMap<Node, readonly Track[]>;
}

/** All translation, rotation and scale channels of a document. Morph weights are not drawn and not read. */
export function readMotion(document: Document): Motion {
  const tracks = new Map<Node, Track[]>();
  let durationSeconds = 0;
  for (const animation of document.getRoot().listAnimations()) {
    for (const channel of animation.listChannels()) {
      const node = channel.getTargetNode();
      const track = readTrack(channel);
      if (node === null || track === undefined) continue;
      tracks.set(node, [...(tracks.get(node) ?? []), track]);
      durationSeconds = Math.max(durationSeconds, track.times[track.times.length - 1]!);
    }
  }
  return { durationSeconds, tracks };
}

function readTrack(channel: AnimationChannel): Track | undefined {
  const path = channel.getTargetPath();
  const sampler = channel.getSampler();
  const [input, output] = [sampler?.getInput(), sampler?.getOutput()];
  if (!sampler || !input || !output || (path !== 'translation' && path !== 'rotation' && path !== 'scale'))
    return undefined;
  const times = Float32Array.from({ length: input.getCount() }, (_, i) => input.getScalar(i));
  const values = Array.from({ length: output.getCount() }, (_, i) => output.getElement(i, []));
  const interpolation = sampler.getInterpolation();
  const expected = interpolation === 'CUBICSPLINE' ? 3 * times.length : times.length;
  return times.length === 0 || values.length < expected ? undefined : { path, interpolation, times, values };
}

/** A track's value at a time, held before its first and after its last key (glTF 2.0, appendix C). */
export function sampleTrack(track: Track, seconds: number): readonly number[] {
  const { times, values, interpolation } = track;
  const isCubic = interpolation === 'CUBICSPLINE';
  const value = (key: number): readonly number[] => values[isCubic ? 3 * key + 1 : key]!;
  const last = times.length - 1;
  if (seconds <= times[0]!) return value(0);
  if (seconds >= times[last]!) return value(last);
  const next = times.findIndex((time) => time > seconds);
  const key = next - 1;
  const span = times[next]! - times[key]!;
  const share = (seconds - times[key]!) / span;
  if (interpolation === 'STEP') return value(key);
  if (isCubic) {
    const tangents = [values[3 * key + 2]!, values[3 * next]!] as const;
    const mixed = cubic(value(key), tangents[0], value(next), tangents[1], share, span);
    return track.path === 'rotation' ? normalizeAll(mixed) : mixed;
  }
  if (track.path === 'rotation') return slerp(value(key), value(next), share);
  return value(key).map((from, i) => from + (value(next)[i]! - from) * share);
}

function cubic(
  from: readonly number[],
  out: readonly number[],
  to: readonly number[],
  into: readonly number[],
  t: number,
  span: number,
): number[] {
  const [t2, t3] = [t * t, t * t * t];
  return from.map(
    (value, i) =>
      (2 * t3 - 3 * t2 + 1) * value +
      span * (t3 - 2 * t2 + t) * out[i]! +
      (3 * t2 - 2 * t3) * to[i]! +
      span * (t3 - t2) * into[i]!,
  );
}

/** The shorter way between two unit quaternions at constant speed. */
function slerp(from: readonly number[], to: readonly number[], share: number): readonly number[] {
  const dot = from.reduce((sum, value, i) => sum + value * to[i]!, 0);
  const sign = dot < 0 ? -1 : 1;
  const angle = Math.acos(Math.min(1, Math.abs(dot)));
  const [a, b] =
    angle < 1e-4
      ? [1 - share, share]
      : [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
  return normalizeAll(from.map((value, i) => a * value + b * sign * to[i]!));
}

function normalizeAll(values: readonly number[]): readonly number[] {
  const size = Math.hypot(...values) || 1;
  return values.map((value) => value / size);
}

/** Every node's matrix into the world at a time in seconds. */
export function poseScene(scene: Scene, motion: Motion, seconds: number): Map<Node, Matrix> {
  const world = new Map<Node, Matrix>();
  const walk = (node: Node, parent: Matrix | undefined): void => {
    const local = localMatrix(node, motion.tracks.get(node) ?? [], seconds);
    const matrix = parent === undefined ? local : multiply(parent, local);
    world.set(node, matrix);
    for (const child of node.listChildren()) walk(child, matrix);
  };
  for (const node of scene.listChildren()) walk(node, undefined);
  return world;
}

function localMatrix(node: Node, tracks: readonly Track[], seconds: number): Matrix {
  const at = (path: Path, rest: readonly number[]): readonly number[] => {
    const track = tracks.find((candidate) => candidate.path === path);
    return track === undefined ? rest : sampleTrack(track, seconds);
  };
  const [tx = 0, ty = 0, tz = 0] = at('translation', node.getTranslation());
  const [qx = 0, qy = 0, qz = 0, qw = 1] = at('rotation', node.getRotation());
  const [sx = 1, sy = 1, sz = 1] = at('scale', node.getScale());
  return compose([tx, ty, tz], [qx, qy, qz, qw], [sx, sy, sz]);
}

/** Nodes that move: those with a track and all below them. */
export function movingNodes(scene: Scene, motion: Motion): Set<Node> {
  const moving = new Set<Node>();
  const walk = (node: Node, isCarried: boolean): void => {
    const moves = isCarried || motion.tracks.has(node);
    if (moves) moving.add(node);
    for (const child of node.listChildren()) walk(child, moves);
  };
  for (const node of scene.listChildren()) walk(node, false);
  return moving;
}
