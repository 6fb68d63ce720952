import { Document } from '@gltf-transform/core';
import { describe, expect, test } from 'vitest';
import { type Track, movingNodes, poseScene, readMotion, sampleTrack } from './animation.ts';

const times = Float32Array.of(1, 2, 4);
const track = (change: Partial<Track>): Track => ({
  path: 'translation',
  interpolation: 'LINEAR',
  times,
  values: [
    [0, 0, 0],
    [2, 4, 8],
    [0, 4, 0],
  ],
  ...change,
});

describe('a track', () => {
  test('runs straight between its keys and holds its ends', () => {
    expect(sampleTrack(track({}), 0)).toEqual([0, 0, 0]);
    expect(sampleTrack(track({}), 1.5)).toEqual([1, 2, 4]);
    expect(sampleTrack(track({}), 3)).toEqual([1, 4, 4]);
    expect(sampleTrack(track({}), 9)).toEqual([0, 4, 0]);
  });

  test('steps', () => {
    expect(sampleTrack(track({ interpolation: 'STEP' }), 1.99)).toEqual([0, 0, 0]);
    expect(sampleTrack(track({ interpolation: 'STEP' }), 2)).toEqual([2, 4, 8]);
  });

  test('turns the shorter way round at constant speed', () => {
    const quarter = [0, Math.SQRT1_2, 0, -Math.SQRT1_2];
    const turn = track({ path: 'rotation', times: Float32Array.of(0, 1), values: [[0, 0, 0, 1], quarter] });
    const [x, y, z, w] = sampleTrack(turn, 1 / 3);
    expect([x, z]).toEqual([0, 0]);
    expect(2 * Math.atan2(-y!, w!)).toBeCloseTo(Math.PI / 6, 6);
  });

  test('follows a cubic spline through its values with its tangents', () => {
    const flat = [0, 0, 0];
    const values = [flat, [1, 0, 0], flat, flat, [3, 0, 0], flat];
    const spline = track({ interpolation: 'CUBICSPLINE', times: Float32Array.of(0, 2), values });
    expect(sampleTrack(spline, 0)).toEqual([1, 0, 0]);
    expect(sampleTrack(spline, 1)[0]).toBeCloseTo(2);
    expect(sampleTrack(spline, 0.2)[0]).toBeLessThan(1.1);
  });
});

describe('a scene', () => {
  test('carries children along with what moves', () => {
    const document = new Document();
    const child = document.createNode('child').setTranslation([0, 1, 0]);
    const parent = document.createNode('parent').setScale([2, 2, 2]).addChild(child);
    const still = document.createNode('still').setTranslation([5, 0, 0]);
    const scene = document.createScene().addChild(parent).addChild(still);
    const buffer = document.createBuffer();
    const accessor = (type: 'SCALAR' | 'VEC3', values: number[]) =>
      document.createAccessor().setBuffer(buffer).setType(type).setArray(new Float32Array(values));
    const sampler = document
      .createAnimationSampler()
      .setInput(accessor('SCALAR', [0, 2]))
      .setOutput(accessor('VEC3', [0, 0, 0, 4, 0, 0]));
    const channel = document
      .createAnimationChannel()
      .setTargetNode(parent)
      .setTargetPath('translation')
      .setSampler(sampler);
    document.createAnimation().addSampler(sampler).addChannel(channel);

    const motion = readMotion(document);
    expect(motion.durationSeconds).toBe(2);
    expect([...movingNodes(scene, motion)].map((node) => node.getName())).toEqual(['parent', 'child']);
    const pose = poseScene(scene, motion, 1);
    expect(pose.get(child)!.slice(12, 15)).toEqual([2, 2, 0]);
    expect(pose.get(still)!.slice(12, 15)).toEqual([5, 0, 0]);
  });
});
