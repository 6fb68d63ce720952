import type { Pass, WgslProgram } from '../../protocol/manifest.ts';
import { PIPELINE_COMPILE_LIMIT_MS } from '../limits.ts';
import { GuestFault } from '../messages.ts';
import type { DeclaredAccess } from '../wgsl-guard/declared-access.ts';
import type { GuardedWgsl } from '../wgsl-guard/guard-wgsl.ts';

/** A pass ready to be dispatched. */
export interface CompiledPass {
  readonly pass: Pass;
  readonly layout: GPUBindGroupLayout;
  readonly pipeline: GPUComputePipeline;
}

interface CompiledShader {
  readonly module: GPUShaderModule;
  readonly access: DeclaredAccess;
}

/** Compiles every shader once and every pass to a pipeline; throws a `refused` fault with line and column. */
export async function compilePasses(
  device: GPUDevice,
  program: WgslProgram,
  sources: Readonly<Record<string, GuardedWgsl>>,
): Promise<CompiledPass[]> {
  return withinLimit(async () => {
    const shaders = new Map<string, CompiledShader>();
    for (const [name, source] of Object.entries(sources)) {
      shaders.set(name, {
        module: await compileShader(device, name, source.code),
        access: source.access,
      });
    }
    return Promise.all(
      program.passes.map((pass) => {
        const shader = shaders.get(pass.shader);
        if (shader === undefined)
          throw new GuestFault('refused', `The program has no shader "${pass.shader}".`);
        return compilePass(device, program, pass, shader);
      }),
    );
  });
}

async function compileShader(device: GPUDevice, name: string, code: string): Promise<GPUShaderModule> {
  const module = device.createShaderModule({ code, label: name });
  const { messages } = await module.getCompilationInfo();
  const error = messages.find(({ type }) => type === 'error');
  if (error === undefined) return module;
  throw new GuestFault('refused', `${name}:${error.lineNum}:${error.linePos}: ${error.message}`);
}

async function compilePass(
  device: GPUDevice,
  program: WgslProgram,
  pass: Pass,
  { module, access }: CompiledShader,
): Promise<CompiledPass> {
  const entries = Object.entries(pass.bindings).map(([binding, name]) => ({
    binding: Number(binding),
    visibility: GPUShaderStage.COMPUTE,
    buffer: { type: bindingType(program, name, access.get(Number(binding))) },
  }));
  const layout = device.createBindGroupLayout({ entries });
  try {
    const pipeline = await device.createComputePipelineAsync({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: pass.entry },
    });
    return { pass, layout, pipeline };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new GuestFault('refused', `Pass ${pass.shader}.${pass.entry}: ${message}`);
  }
}

/**
 * A shader may read a writable buffer through `var<storage, read>`, but never write a read-only one: its content is
 * kept from task to task.
 */
function bindingType(
  program: WgslProgram,
  name: string,
  access: 'read' | 'read_write' | 'uniform' | undefined,
): GPUBufferBindingType {
  const usage = program.buffers[name]?.usage;
  if (usage === undefined) throw new GuestFault('refused', `The program has no buffer "${name}".`);
  return usage === 'storage' && access === 'read' ? 'read-only-storage' : usage;
}

async function withinLimit<T>(compile: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const fault = new GuestFault(
      'refused',
      `The pipelines took longer than ${PIPELINE_COMPILE_LIMIT_MS} ms to compile.`,
    );
    timer = setTimeout(() => reject(fault), PIPELINE_COMPILE_LIMIT_MS);
  });
  try {
    return await Promise.race([compile(), late]);
  } finally {
    clearTimeout(timer);
  }
}
