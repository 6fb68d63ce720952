import {
  type Camera,
  type Document,
  type GLTF,
  type Material,
  type Node,
  type Primitive,
  type Scene,
  WebIO,
} from '@gltf-transform/core';
import { KilnError } from '../../../src/base/errors.ts';
import { type Motion, movingNodes, readMotion } from './animation.ts';
import { type Picture, decodePng } from './decode-png.ts';

/** Triangles that fit a provider's GPU memory (144 bytes each with their share of the hierarchy). */
export const MAX_TRIANGLES = 500_000;
/** Moving pieces whose boxes the top level holds; its traversal stack has 16 entries. */
export const MAX_MOVING_PIECES = 255;

const EMISSIVE_STRENGTH = 'KHR_materials_emissive_strength';
/** glTF's mode for plain triangle lists. */
const TRIANGLES = 4;

/** One material as the shader knows it; colors are linear. */
export interface Look {
  readonly color: readonly [number, number, number];
  readonly metallic: number;
  readonly roughness: number;
  readonly emission: readonly [number, number, number];
  readonly texture: Picture | undefined;
}

/** One primitive of one node, in the node's own space. */
export interface Piece {
  readonly node: Node;
  readonly isMoving: boolean;
  readonly primitive: Primitive;
  readonly look: number;
  readonly triangles: number;
}

/** What the job needs of a glTF file. */
export interface WorkshopScene {
  readonly scene: Scene;
  readonly motion: Motion;
  readonly pieces: readonly Piece[];
  readonly looks: readonly Look[];
  readonly camera: { readonly node: Node; readonly yFovRadians: number } | undefined;
}

/**
 * Reads a binary glTF file. Throws `scene/unreadable`, `scene/empty`, `scene/too-large`, `scene/unsupported` or
 * `scene/bad-texture`, each with what to change in the file.
 */
export async function readScene(bytes: Uint8Array): Promise<WorkshopScene> {
  const { document, strengths } = await readDocument(bytes);
  const root = document.getRoot();
  const scene = root.getDefaultScene() ?? root.listScenes()[0];
  if (scene === undefined)
    throw refuse('empty', 'The file holds no scene.', 'Export a scene with at least one mesh.');
  const motion = readMotion(document);
  const materials = root.listMaterials();
  const pieces = listPieces(scene, motion, materials);
  const looks = await Promise.all([
    ...materials.map((material, i) => readLook(material, strengths[i])),
    Promise.resolve(PLAIN),
  ]);
  return { scene, motion, pieces, looks, camera: findCamera(scene) };
}

/** The look of primitives without a material (glTF's default, but not metallic). */
const PLAIN: Look = {
  color: [0.8, 0.8, 0.8],
  metallic: 0,
  roughness: 0.8,
  emission: [0, 0, 0],
  texture: undefined,
};

function refuse(code: string, message: string, hint: string): KilnError {
  return new KilnError(`scene/${code}`, message, { hint });
}

interface ReadFile {
  readonly document: Document;
  /** Factor of the emission of each material, in the file's order. */
  readonly strengths: readonly number[];
}

async function readDocument(bytes: Uint8Array): Promise<ReadFile> {
  try {
    const io = new WebIO();
    const file = await io.binaryToJSON(bytes);
    const { json } = file;
    // Read by hand: the package of extensions is larger than all else of this example together.
    const strengths = (json.materials ?? []).map(strengthOf);
    const others = (names: readonly string[] = []) => names.filter((name) => name !== EMISSIVE_STRENGTH);
    const document = await io.readJSON({
      ...file,
      json: {
        ...json,
        extensionsUsed: others(json.extensionsUsed),
        extensionsRequired: others(json.extensionsRequired),
      },
    });
    return { document, strengths };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw new KilnError('scene/unreadable', `This is not a glTF file we can read: ${message}`.slice(0, 300), {
      hint: 'Export it as binary glTF (.glb) without compression.',
      cause: thrown,
    });
  }
}

/** `emissiveStrength` of KHR_materials_emissive_strength; 1 where a material says nothing, or nonsense. */
function strengthOf({ extensions }: GLTF.IMaterial): number {
  const said = extensions?.[EMISSIVE_STRENGTH];
  const strength: unknown =
    typeof said === 'object' && said !== null && 'emissiveStrength' in said ? said.emissiveStrength : 1;
  return typeof strength === 'number' && strength >= 0 ? strength : 1;
}

function listPieces(scene: Scene, motion: Motion, materials: readonly Material[]): Piece[] {
  const moving = movingNodes(scene, motion);
  const pieces: Piece[] = [];
  scene.traverse((node) => {
    for (const primitive of node.getMesh()?.listPrimitives() ?? []) {
      if (primitive.getMode() !== TRIANGLES) {
        throw refuse(
          'unsupported',
          'The scene holds lines, points or strips.',
          'Export triangle lists only.',
        );
      }
      const material = primitive.getMaterial();
      const look = material === null ? materials.length : materials.indexOf(material);
      const corners = (primitive.getIndices() ?? primitive.getAttribute('POSITION'))?.getCount() ?? 0;
      const triangles = Math.floor(corners / 3);
      if (triangles > 0) pieces.push({ node, isMoving: moving.has(node), primitive, look, triangles });
    }
  });
  const triangles = pieces.reduce((sum, piece) => sum + piece.triangles, 0);
  if (triangles === 0) throw refuse('empty', 'The scene holds no triangles.', 'Export at least one mesh.');
  if (triangles > MAX_TRIANGLES || pieces.filter((piece) => piece.isMoving).length > MAX_MOVING_PIECES) {
    throw refuse(
      'too-large',
      `The scene holds ${triangles} triangles in ${pieces.length} pieces.`,
      'Simplify or merge its meshes.',
    );
  }
  return pieces;
}

async function readLook(material: Material, strength = 1): Promise<Look> {
  const [red, green, blue] = material.getBaseColorFactor();
  const [r, g, b] = material.getEmissiveFactor();
  const image = material.getBaseColorTexture()?.getImage();
  return {
    color: [red, green, blue],
    metallic: material.getMetallicFactor(),
    roughness: material.getRoughnessFactor(),
    emission: [r * strength, g * strength, b * strength],
    texture: image ? await decodePng(image) : undefined,
  };
}

function findCamera(scene: Scene): WorkshopScene['camera'] {
  let found: WorkshopScene['camera'];
  scene.traverse((node) => {
    const camera: Camera | null = node.getCamera();
    if (found === undefined && camera?.getType() === 'perspective')
      found = { node, yFovRadians: camera.getYFov() };
  });
  return found;
}
