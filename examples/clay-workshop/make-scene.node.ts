import { writeFile } from 'node:fs/promises';
import { type Accessor, Document, type Material, type Node, NodeIO } from '@gltf-transform/core';
import { KHRMaterialsEmissiveStrength } from '@gltf-transform/extensions';
import * as furniture from './scene/furniture.ts';
import * as pottery from './scene/pottery.ts';
import { type Point3, type Shape, quad, weldShape } from './scene/shapes.ts';
import { type Picture, brick, slipware, tiles, wood } from './scene/textures.ts';
import { writePng } from './scene/write-png.node.ts';

/*
 * Writes scene.glb: a clay workshop of 48 frames at 24 per second. Run it with Node 24:
 * `node examples/clay-workshop/make-scene.node.ts`.
 */

const FRAMES = 48;
const FRAMES_PER_SECOND = 24;
const TEXTURE_SIZE = 256;

const document = new Document();
const geometries = new Map<string, Record<'position' | 'normal' | 'uv' | 'indices', Accessor>>();
const buffer = document.createBuffer();
const scene = document.createScene('clay workshop');
const animation = document.createAnimation('a turn of the wheel');
const emissiveStrength = document.createExtension(KHRMaterialsEmissiveStrength);

const texture = (name: string, picture: Picture) =>
  document
    .createTexture(name)
    .setMimeType('image/png')
    .setImage(writePng(picture.size, picture.size, picture.rgb));

function material(name: string, color: Point3, metallic: number, roughness: number): Material {
  const made = document.createMaterial(name).setBaseColorFactor([...color, 1]);
  return made.setMetallicFactor(metallic).setRoughnessFactor(roughness);
}

/** A material that shines: linear color and radiance. */
function lamp(name: string, color: Point3, strength: number): Material {
  const extension = emissiveStrength.createEmissiveStrength().setEmissiveStrength(strength);
  return material(name, [0, 0, 0], 0, 1)
    .setEmissiveFactor([...color])
    .setExtension('KHR_materials_emissive_strength', extension);
}

const accessor = (
  type: 'SCALAR' | 'VEC2' | 'VEC3' | 'VEC4',
  array: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>,
): Accessor => document.createAccessor().setType(type).setArray(array).setBuffer(buffer);

/** A mesh of a shape in a material; the same shape in another material shares its bytes in the file. */
function mesh(name: string, shape: Shape, look: Material) {
  const welded = weldShape(shape);
  const key = welded.positions.join();
  const shared = geometries.get(key) ?? {
    position: accessor('VEC3', new Float32Array(welded.positions)),
    normal: accessor('VEC3', new Float32Array(welded.normals)),
    uv: accessor('VEC2', new Float32Array(welded.uvs)),
    indices: accessor('SCALAR', new Uint16Array(welded.indices)),
  };
  geometries.set(key, shared);
  const primitive = document.createPrimitive().setMaterial(look).setIndices(shared.indices);
  primitive.setAttribute('POSITION', shared.position).setAttribute('NORMAL', shared.normal);
  return document.createMesh(name).addPrimitive(primitive.setAttribute('TEXCOORD_0', shared.uv));
}

type Mesh = ReturnType<typeof mesh>;

function put(made: Mesh, at: Point3, turnDegrees = 0, parent: Node | typeof scene = scene): Node {
  const node = document
    .createNode(made.getName())
    .setMesh(made)
    .setTranslation([...at])
    .setRotation(aboutY(turnDegrees));
  parent.addChild(node);
  return node;
}

function aboutY(degrees: number): [number, number, number, number] {
  return [0, Math.sin((degrees * Math.PI) / 360), 0, Math.cos((degrees * Math.PI) / 360)];
}

/** Keys one value a frame, so that any player shows the same motion. */
function animate(
  node: Node,
  path: 'translation' | 'rotation' | 'scale',
  value: (share: number) => readonly number[],
): void {
  const shares = Array.from({ length: FRAMES + 1 }, (_, i) => i / FRAMES);
  const times = new Float32Array(shares.map((share) => (share * FRAMES) / FRAMES_PER_SECOND));
  const output = accessor(
    path === 'rotation' ? 'VEC4' : 'VEC3',
    new Float32Array(shares.flatMap((share) => [...value(share)])),
  );
  const sampler = document.createAnimationSampler().setInput(accessor('SCALAR', times)).setOutput(output);
  animation
    .addSampler(sampler)
    .addChannel(
      document.createAnimationChannel().setTargetNode(node).setTargetPath(path).setSampler(sampler),
    );
}

const ease = (share: number): number => share * share * (3 - 2 * share);

// Looks. Colors are linear.
const brickWall = material('brick', [0.82, 0.8, 0.8], 0, 0.9).setBaseColorTexture(
  texture('brick', brick(TEXTURE_SIZE)),
);
const oak = material('oak', [0.95, 0.9, 0.85], 0, 0.5).setBaseColorTexture(
  texture('oak', wood(TEXTURE_SIZE)),
);
const floorTiles = material('floor', [0.9, 0.9, 0.9], 0, 0.45).setBaseColorTexture(
  texture('floor', tiles(TEXTURE_SIZE)),
);
const wetClay = material('slipware', [1, 1, 1], 0, 0.28).setBaseColorTexture(
  texture('slipware', slipware(TEXTURE_SIZE)),
);
const plaster = material('plaster', [0.62, 0.55, 0.46], 0, 0.95);
const steel = material('steel', [0.74, 0.74, 0.76], 1, 0.28);
const copper = material('copper', [0.93, 0.5, 0.34], 1, 0.16);
const iron = material('iron', [0.14, 0.13, 0.13], 1, 0.5);
const enamel = material('enamel', [0.03, 0.12, 0.1], 0, 0.2);
const white = material('white enamel', [0.85, 0.83, 0.78], 0, 0.5);
const celadon = material('celadon', [0.3, 0.52, 0.4], 0, 0.14);
const cobalt = material('cobalt', [0.035, 0.09, 0.36], 0, 0.12);
const ochre = material('ochre', [0.72, 0.4, 0.09], 0, 0.22);
const ivory = material('ivory', [0.82, 0.76, 0.64], 0, 0.2);
const rust = material('rust', [0.48, 0.12, 0.05], 0, 0.25);
const bisque = material('bisque', [0.62, 0.36, 0.24], 0, 0.85);
const night = material('tenmoku', [0.03, 0.02, 0.018], 0, 0.1);
const fire = lamp('kiln glow', [1, 0.19, 0.018], 4.4);
const rods = lamp('heating rods', [1, 0.42, 0.1], 70);
const filament = lamp('bulb', [1, 0.74, 0.46], 420);
const dusk = lamp('dusk', [0.36, 0.56, 1], 9);

// The room.
put(mesh('floor', quad([-3, 0, 3.4], [6, 0, 0], [0, 0, -5], 0.5), floorTiles), [0, 0, 0]);
put(mesh('back wall', quad([-3, 0, -1.45], [6, 0, 0], [0, 3.4, 0], 0.62), brickWall), [0, 0, 0]);
put(mesh('left wall', quad([-2.05, 0, 3.4], [0, 0, -5], [0, 3.4, 0]), plaster), [0, 0, 0]);
put(mesh('right wall', quad([2.35, 0, -1.6], [0, 0, 5], [0, 3.4, 0]), plaster), [0, 0, 0]);
put(mesh('window', quad([0, -0.5, 0.45], [0, 0, -0.9], [0, 1, 0]), dusk), [-2.03, 1.62, -0.55]);
put(mesh('window frame', furniture.windowFrame(0.9, 1), oak), [-2.03, 1.62, -0.55]);

// The kiln, turned a little towards the table.
const kiln = document.createNode('kiln').setTranslation([1.28, 0, -0.5]).setRotation(aboutY(-24));
scene.addChild(kiln);
put(mesh('kiln body', furniture.kilnBody(), brickWall), [0, 0, 0], 0, kiln);
put(mesh('kiln iron', furniture.kilnIron(), iron), [0, 0, 0], 0, kiln);
put(mesh('kiln door', furniture.kilnDoor(), iron), [0.29, 0.88, 0.03], 28, kiln);
put(mesh('kiln glow', furniture.kilnGlow(), fire), [0, 0, 0], 0, kiln);
put(mesh('heating rods', furniture.kilnRods(), rods), [0, 0, 0], 0, kiln);

// Pots: each shape once, put where it is wanted.
const table = document.createNode('table').setTranslation([-0.3, 0, 0]);
scene.addChild(table);
put(mesh('table', furniture.table(), oak), [0, 0, 0], 0, table);
const top = furniture.TABLE_TOP_METERS;
const bowlOf = (look: Material): Mesh => mesh(`bowl, ${look.getName()}`, pottery.bowl(), look);
put(mesh('jar, bisque', pottery.jar(), bisque), [-0.12, 0.58, -0.46], 0, kiln).setScale([0.72, 0.72, 0.72]);
put(mesh('firing bowl', pottery.bowl(), bisque), [0.1, 0.58, -0.4], 0, kiln).setScale([0.8, 1, 0.8]);

put(mesh('kettle', pottery.kettle(), copper), [0.7, top, -0.12], -150, table);
put(mesh('mug, celadon', pottery.mug(), celadon), [0.52, top, 0.27], 35, table);
put(bowlOf(ivory), [-0.72, top, 0.1], 0, table);
put(mesh('bowl on top', pottery.bowl(), cobalt), [-0.725, top + 0.034, 0.1], 0, table);
put(mesh('jar, ochre', pottery.jar(), ochre), [-0.78, top, -0.24], 0, table).setScale([0.9, 1.05, 0.9]);
const [grip, loop] = furniture.trimmingTool();
put(mesh('tool grip', grip, oak), [-0.44, top + 0.011, 0.33], 24, table);
put(mesh('tool loop', loop, steel), [-0.44, top + 0.011, 0.33], 24, table);

// The shelves on the back wall.
const upper = document.createNode('upper shelf').setTranslation([-0.42, 1.86, -1.45]);
const lower = document.createNode('lower shelf').setTranslation([-0.42, 1.4, -1.45]);
scene.addChild(upper).addChild(lower);
const board = mesh('shelf', furniture.shelf(1.9), oak);
put(board, [0, 0, 0], 0, upper);
put(board, [0, 0, 0], 0, lower);
put(mesh('bottle, cobalt', pottery.bottle(), cobalt), [-0.74, 0, 0.14], 0, lower);
put(mesh('jar, celadon', pottery.jar(), celadon), [-0.46, 0, 0.14], 0, lower);
put(bowlOf(rust), [-0.16, 0, 0.14], 0, lower);
put(mesh('mug, ivory', pottery.mug(), ivory), [0.12, 0, 0.14], -50, lower);
put(mesh('mug, ochre', pottery.mug(), ochre), [0.3, 0, 0.15], -35, lower);
put(mesh('bottle, tenmoku', pottery.bottle(), night), [0.52, 0, 0.13], 0, lower).setScale([1, 0.88, 1]);
put(mesh('jar, ivory', pottery.jar(), ivory), [0.76, 0, 0.14], 0, lower).setScale([0.85, 1.15, 0.85]);
put(mesh('plate', pottery.plate(), celadon), [-0.66, 0.165, 0.06], 0, upper).setRotation([0.66, 0, 0, 0.751]);
put(mesh('vase, rust', pottery.wheelVase(), rust), [-0.3, 0, 0.14], 0, upper).setScale([0.7, 0.8, 0.7]);
put(bowlOf(ochre), [0.02, 0, 0.14], 0, upper);
put(mesh('bottle, ivory', pottery.bottle(), ivory), [0.34, 0, 0.14], 0, upper);
put(mesh('jar, cobalt', pottery.jar(), cobalt), [0.64, 0, 0.14], 0, upper);

// The wheel: pan, head and the vase that rises while it turns.
put(mesh('splash pan', pottery.splashPan(), enamel), [-0.08, top, 0.06], 0, table);
const head = put(mesh('wheel head', pottery.wheelHead(), steel), [-0.08, top + 0.115, 0.06], 0, table);
const vase = put(mesh('vase', pottery.wheelVase(), wetClay), [0, 0, 0], 0, head);
animate(head, 'rotation', (share) => aboutY(360 * share));
animate(vase, 'scale', (share) => {
  const [wide, tall] = [1.22 - 0.2 * ease(share), 0.72 + 0.36 * ease(share)];
  return [wide, tall, wide];
});

// The lamp swings on its cord.
const cord = document.createNode('lamp').setTranslation([-0.5, 3, 0.12]);
scene.addChild(cord);
put(mesh('shade', pottery.lampShade(false), enamel), [0, -1.27, 0], 0, cord);
put(mesh('shade inside', pottery.lampShade(true), white), [0, -1.27, 0], 0, cord);
put(mesh('bulb', pottery.bulb(), filament), [0, -1.235, 0], 0, cord);
animate(cord, 'rotation', (share) => {
  const angle = 0.07 * Math.sin(2 * Math.PI * share);
  return [0, 0, Math.sin(angle / 2), Math.cos(angle / 2)];
});

// The camera drifts past the table, always looking at the vase.
const lens = document
  .createCamera('camera')
  .setType('perspective')
  .setYFov(0.66)
  .setAspectRatio(16 / 9)
  .setZNear(0.05);
const camera = document.createNode('camera').setCamera(lens);
scene.addChild(camera);
const eye = (share: number): Point3 => [
  0.5 - 0.5 * ease(share),
  1.5 + 0.05 * share,
  2.05 - 0.1 * ease(share),
];
animate(camera, 'translation', eye);
animate(camera, 'rotation', (share) => lookAt(eye(share), [0.04, 1.12, -0.2]));

/** The rotation that points a glTF camera (along −z) from one point to another. */
function lookAt(from: Point3, to: Point3): readonly number[] {
  const [x, y, z] = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
  const [yaw, pitch] = [Math.atan2(-x, -z), Math.atan2(y, Math.hypot(x, z))];
  const [sy, cy, sx, cx] = [Math.sin(yaw / 2), Math.cos(yaw / 2), Math.sin(pitch / 2), Math.cos(pitch / 2)];
  return [cy * sx, sy * cx, -sy * sx, cy * cx];
}

const io = new NodeIO().registerExtensions([KHRMaterialsEmissiveStrength]);
const target = new URL('./scene.glb', import.meta.url);
const bytes = await io.writeBinary(document);
await writeFile(target, bytes);
console.log(`scene.glb: ${bytes.byteLength} bytes`);
