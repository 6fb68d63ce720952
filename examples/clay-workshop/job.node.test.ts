import { readFile } from 'node:fs/promises';
import { Document, NodeIO } from '@gltf-transform/core';
import { KHRMaterialsEmissiveStrength } from '@gltf-transform/extensions';
import { beforeAll, describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { cutBlob } from '../../src/base/cid.ts';
import { manifestSchema } from '../../src/protocol/manifest.ts';
import type { JobDraft } from '../../src/requestor/view.ts';
import { meta } from './meta.ts';
import { poseScene } from './tracer/animation.ts';
import { type Geometry, TRIANGLE_FLOATS, packGeometry } from './tracer/pack-geometry.ts';
import { LEAF_BIT, PAIR_WORDS } from './tracer/pack-nodes.ts';
import { type WorkshopScene, readScene } from './tracer/read-scene.ts';

const MAX_SCENE_BYTES = 600 * 1024;

const inputs: Record<string, Uint8Array> = {};
let scene: WorkshopScene;
let geometry: Geometry;

beforeAll(async () => {
  for (const { name, url } of meta.inputs) inputs[name] = new Uint8Array(await readFile(url));
  scene = await readScene(inputs['scene']!);
  geometry = packGeometry(scene, poseScene(scene.scene, scene.motion, 0));
});

const build = (options: Record<string, number | string> = {}): Promise<JobDraft> =>
  meta.build(inputs, options);

describe('the shipped scene', () => {
  test('is small, textured, lit, moves for two seconds and has a camera', () => {
    expect(inputs['scene']!.byteLength).toBeLessThan(MAX_SCENE_BYTES);
    expect(scene.motion.durationSeconds).toBeCloseTo(2);
    expect(scene.motion.tracks.size).toBeGreaterThanOrEqual(3);
    expect(scene.looks.filter((look) => look.texture !== undefined)).toHaveLength(4);
    expect(geometry.emitters.length).toBeGreaterThan(10);
    expect(scene.camera).toBeDefined();
  });
});

describe('the job', () => {
  test('has a valid manifest whose CIDs name its blobs', async () => {
    const { manifest, blobs } = await build();
    expect(v.parse(manifestSchema, manifest)).toEqual(manifest);
    const named = JSON.stringify(manifest);
    for (const blob of blobs) {
      const { cid } = await cutBlob(blob);
      expect(named).toContain(`{"cid":"${cid}","bytes":${blob.byteLength}}`);
    }
    expect(manifest.deliverable).toMatchObject({ kind: 'video', framesPerSecond: 12 });
    expect(manifest.split).toMatchObject({ from: 0, to: 24, step: 1 });
  });

  test('keeps to the default WebGPU limit of eight storage buffers a stage', async () => {
    const { program } = (await build()).manifest;
    if (program.kind !== 'wgsl') throw new Error('not a WGSL program');
    for (const pass of program.passes) {
      const storage = Object.values(pass.bindings).filter(
        (name) => program.buffers[name]!.usage !== 'uniform',
      );
      expect(storage.length).toBeLessThanOrEqual(8);
    }
  });

  test('is the same for the same inputs and another for other options', async () => {
    const [a, b, c] = [await build({ frames: 3 }), await build({ frames: 3 }), await build({ frames: 4 })];
    expect(a).toEqual(b);
    expect(c.manifest).not.toEqual(a.manifest);
  });

  test.each([{ size: '321x180' }, { size: '8x8' }, { size: 'big' }, { frames: 0 }, { frames: 2.5 }])(
    'refuses %o',
    async (options) => {
      await expect(build(options)).rejects.toMatchObject({ code: 'scene/bad-size' });
    },
  );

  test('refuses a missing input by name', async () => {
    await expect(meta.build({}, {})).rejects.toMatchObject({ code: 'example/missing-input' });
  });
});

describe('a file from outside', () => {
  test('is refused when it is not glTF or cut off', async () => {
    for (const bytes of [new Uint8Array(), new Uint8Array(64), inputs['scene']!.subarray(0, 5_000)]) {
      await expect(readScene(bytes)).rejects.toMatchObject({ code: 'scene/unreadable' });
    }
  });

  test('is refused without triangles, or with lines', async () => {
    const document = new Document();
    const node = document.createNode();
    document.createScene().addChild(node);
    await expect(readScene(await new NodeIO().writeBinary(document))).rejects.toMatchObject({
      code: 'scene/empty',
    });
    const positions = document
      .createAccessor()
      .setType('VEC3')
      .setArray(new Float32Array(6))
      .setBuffer(document.createBuffer());
    const lines = document.createPrimitive().setMode(1).setAttribute('POSITION', positions);
    node.setMesh(document.createMesh().addPrimitive(lines));
    await expect(readScene(await new NodeIO().writeBinary(document))).rejects.toMatchObject({
      code: 'scene/unsupported',
    });
  });
});

/** A file of one mesh that repeats one triangle this often. */
async function repeated(triangles: number, emission: number, strength?: number): Promise<Uint8Array> {
  const document = new Document();
  const buffer = document.createBuffer();
  const corners = document
    .createAccessor()
    .setType('VEC3')
    .setArray(Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0))
    .setBuffer(buffer);
  const indices = document
    .createAccessor()
    .setArray(Uint16Array.from({ length: 3 * triangles }, (_, i) => i % 3))
    .setBuffer(buffer);
  const material = document.createMaterial().setEmissiveFactor([emission, emission, emission]);
  if (strength !== undefined) {
    const extension = document.createExtension(KHRMaterialsEmissiveStrength).setRequired(true);
    const factor = extension.createEmissiveStrength().setEmissiveStrength(strength);
    material.setExtension('KHR_materials_emissive_strength', factor);
  }
  const primitive = document
    .createPrimitive()
    .setAttribute('POSITION', corners)
    .setIndices(indices)
    .setMaterial(material);
  document
    .createScene()
    .addChild(document.createNode().setMesh(document.createMesh().addPrimitive(primitive)));
  return new NodeIO().registerExtensions([KHRMaterialsEmissiveStrength]).writeBinary(document);
}

test('a light is as strong as its material says, also where the file requires that', async () => {
  const emission = async (strength?: number) =>
    (await readScene(await repeated(1, 0.5, strength))).looks[0]!.emission;
  expect(await emission()).toEqual([0.5, 0.5, 0.5]);
  expect(await emission(6)).toEqual([3, 3, 3]);
});

describe('a file at the limits', () => {
  const buildFrom = async (file: Promise<Uint8Array>): Promise<JobDraft> =>
    meta.build({ ...inputs, scene: await file }, { frames: 1, size: '16x16' });

  test('holds at most 4,096 emissive triangles', async () => {
    expect((await buildFrom(repeated(4_096, 1))).blobs).toHaveLength(5);
    await expect(buildFrom(repeated(4_097, 1))).rejects.toMatchObject({ code: 'scene/too-many-lights' });
  });

  test('holds at most 500,000 triangles', async () => {
    await expect(readScene(await repeated(500_001, 0))).rejects.toMatchObject({ code: 'scene/too-large' });
    expect((await readScene(await repeated(500_000, 0))).pieces).toHaveLength(1);
  });

  test('needs no camera, texture, light or motion', async () => {
    const { manifest } = await buildFrom(repeated(1, 0));
    expect(v.parse(manifestSchema, manifest)).toEqual(manifest);
    expect(manifest.deliverable).toMatchObject({ framesPerSecond: 24 });
  });
});

describe('the packed hierarchy', () => {
  test('finds the same nearest triangle as trying them all', () => {
    const group = geometry.groups[0]!;
    let hits = 0;
    for (let i = 0; i < 60; i++) {
      const origin = [32_000, 14_000, 26_000].map(
        (middle, axis) => middle + 12_000 * Math.sin(7.3 * i + 2.1 * axis),
      );
      const direction = [Math.sin(1.7 * i), Math.sin(2.9 * i + 1), Math.sin(0.7 * i + 2)];
      const best = nearest(geometry, origin, direction, everyTriangle(geometry, group.root.first));
      const found = nearest(
        geometry,
        origin,
        direction,
        boxedTriangles(geometry, group.root.first, origin, direction),
      );
      expect(found).toEqual(best);
      if (best.triangle >= 0) hits++;
    }
    expect(hits).toBeGreaterThan(30);
  });

  test('holds each triangle once', () => {
    const seen = geometry.groups.flatMap(({ root }) => [...everyTriangle(geometry, root.first)]);
    expect(seen.sort((a, b) => a - b)).toEqual(
      Array.from({ length: geometry.triangles.length / TRIANGLE_FLOATS }, (_, i) => i),
    );
  });
});

/** All triangles below a pair. */
function* everyTriangle(packed: Geometry, pair: number): Generator<number> {
  for (const side of [6, 7])
    yield* belowReference(packed, packed.nodes[pair * PAIR_WORDS + side]!, () => true);
}

/** Triangles whose boxes the ray meets, as the shader visits them. */
function* boxedTriangles(
  packed: Geometry,
  pair: number,
  origin: number[],
  direction: number[],
): Generator<number> {
  const isMet = (words: Uint32Array): boolean => {
    let [enter, leave] = [0, Infinity];
    words.forEach((word, axis) => {
      const [a, b] = [word & 0xffff, word >>> 16].map(
        (side) => (side - origin[axis]!) / direction[axis]!,
      ) as [number, number];
      enter = Math.max(enter, Math.min(a, b));
      leave = Math.min(leave, Math.max(a, b));
    });
    return enter <= leave;
  };
  for (const side of [0, 1]) {
    const at = pair * PAIR_WORDS;
    if (!isMet(packed.nodes.subarray(at + 3 * side, at + 3 * side + 3))) continue;
    yield* belowReference(packed, packed.nodes[at + 6 + side]!, isMet);
  }
}

function* belowReference(
  packed: Geometry,
  reference: number,
  isMet: (words: Uint32Array) => boolean,
): Generator<number> {
  if (reference >= LEAF_BIT) {
    for (let i = 0; i < ((reference >>> 24) & 0x7f); i++) yield (reference & 0xff_ffff) + i;
    return;
  }
  const at = reference * PAIR_WORDS;
  for (const side of [0, 1]) {
    if (isMet(packed.nodes.subarray(at + 3 * side, at + 3 * side + 3))) {
      yield* belowReference(packed, packed.nodes[at + 6 + side]!, isMet);
    }
  }
}

/** The nearest of these triangles along a ray (Möller–Trumbore); triangle −1 when none is hit. */
function nearest(
  packed: Geometry,
  origin: number[],
  direction: number[],
  candidates: Iterable<number>,
): { triangle: number; distance: number } {
  let best = { triangle: -1, distance: Infinity };
  for (const triangle of candidates) {
    const row = (i: number): number[] => [
      ...packed.triangles.subarray(
        triangle * TRIANGLE_FLOATS + 4 * i,
        triangle * TRIANGLE_FLOATS + 4 * i + 3,
      ),
    ];
    const [corner, e1, e2] = [row(0), row(1), row(2)];
    const p = cross(direction, e2);
    const scale = 1 / dot(e1, p);
    const s = origin.map((value, axis) => value - corner[axis]!);
    const q = cross(s, e1);
    const [u, w, distance] = [dot(s, p) * scale, dot(direction, q) * scale, dot(e2, q) * scale];
    const isHit = u >= 0 && w >= 0 && u + w <= 1 && distance > 0;
    const isNearer = distance < best.distance || (distance === best.distance && triangle < best.triangle);
    if (isHit && isNearer) best = { triangle, distance };
  }
  return best;
}

function dot(a: number[], b: number[]): number {
  return a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
}

function cross(a: number[], b: number[]): number[] {
  return [a[1]! * b[2]! - a[2]! * b[1]!, a[2]! * b[0]! - a[0]! * b[2]!, a[0]! * b[1]! - a[1]! * b[0]!];
}
