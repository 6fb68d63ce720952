import { KilnError } from '../../src/base/errors.ts';
import type { Example } from '../example.ts';

const SHADERS = {
  scene: new URL('../../shaders/path-tracer/scene.wgsl', import.meta.url),
  material: new URL('../../shaders/path-tracer/material.wgsl', import.meta.url),
  trace: new URL('../../shaders/path-tracer/trace.wgsl', import.meta.url),
  denoise: new URL('../../shaders/path-tracer/denoise.wgsl', import.meta.url),
  resolve: new URL('../../shaders/path-tracer/resolve.wgsl', import.meta.url),
};

// A frame of these takes about six seconds of one core without a GPU, so that the film is done within minutes.
const DEFAULT_FRAMES = 24;
const DEFAULT_SIZE = '320x180';
const DEFAULT_SAMPLES = 4;
const DEFAULT_BOUNCES = 2;

const SIZES = ['256x144', '320x180', '480x270', '640x360', '960x540', '1280x720'];

/** The gallery's entry: a path-traced film of a potter's workshop. */
export const meta: Example = {
  id: 'clay-workshop',
  title: 'Clay workshop',
  summary:
    'A path-traced film: a vase rises on the potter’s wheel by the light of a kiln and a swinging lamp. Every frame is one task.',
  kind: 'wgsl',
  inputs: [
    {
      name: 'scene',
      url: new URL('./scene.glb', import.meta.url),
      description:
        'An animated scene as binary glTF: triangles, PNG textures, emissive materials for light, a camera.',
      accept: '.glb',
    },
    { name: 'shader-scene', url: SHADERS.scene, description: 'Shader: what a ray hits.' },
    { name: 'shader-material', url: SHADERS.material, description: 'Shader: how light scatters.' },
    { name: 'shader-trace', url: SHADERS.trace, description: 'Shader: paths of light.' },
    { name: 'shader-denoise', url: SHADERS.denoise, description: 'Shader: the denoiser.' },
    { name: 'shader-resolve', url: SHADERS.resolve, description: 'Shader: tone mapping.' },
  ],
  options: [
    {
      name: 'frames',
      label: 'Frames',
      help: 'Spread evenly over the animation: more frames, smoother motion.',
      type: 'number',
      default: DEFAULT_FRAMES,
      min: 1,
      max: 480,
      step: 1,
      unit: 'frames',
    },
    {
      name: 'size',
      label: 'Picture size',
      help: 'Width and height in pixels.',
      type: 'select',
      default: DEFAULT_SIZE,
      choices: SIZES.map((value) => ({ value, label: value.replace('x', ' × ') })),
    },
    {
      name: 'samplesPerPixel',
      label: 'Paths a pixel',
      help: 'More paths, less noise; time grows in proportion.',
      type: 'number',
      default: DEFAULT_SAMPLES,
      min: 1,
      max: 1_024,
      step: 1,
      unit: 'paths',
    },
    {
      name: 'maxBounces',
      label: 'Bounces',
      help: 'How many surfaces a path of light may meet on its way to the eye.',
      type: 'number',
      default: DEFAULT_BOUNCES,
      min: 1,
      max: 12,
      step: 1,
      unit: 'bounces',
    },
  ],
  thumbnail: new URL('./thumbnail.png', import.meta.url),
  async build(inputs, options, report) {
    const bytes = (name: string): Uint8Array => {
      const found = inputs[name];
      if (found !== undefined) return found;
      throw new KilnError('example/missing-input', `The input "${name}" is missing.`, { data: { name } });
    };
    const [width = 0, height = 0] = String(options['size'] ?? DEFAULT_SIZE)
      .split('x')
      .map(Number);
    // With its reader of scenes: loaded when somebody wants this film.
    const { buildRenderJob } = await import('./job.ts');
    return buildRenderJob(
      {
        scene: bytes('scene'),
        trace: [bytes('shader-scene'), bytes('shader-material'), bytes('shader-trace')],
        denoise: bytes('shader-denoise'),
        resolve: bytes('shader-resolve'),
      },
      {
        name: 'Clay workshop',
        frames: Number(options['frames'] ?? DEFAULT_FRAMES),
        width,
        height,
        samplesPerPixel: Number(options['samplesPerPixel'] ?? DEFAULT_SAMPLES),
        maxBounces: Number(options['maxBounces'] ?? DEFAULT_BOUNCES),
      },
      report,
    );
  },
};
