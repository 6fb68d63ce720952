import type { Pass, WgslProgram } from '../../../protocol/manifest.ts';
import { GuestFault, type WgslLoad } from '../../messages.ts';
import type { GuardedWgsl } from '../../wgsl-guard/guard-wgsl.ts';
import { OVERRUN_GROUP } from '../../wgsl-guard/loops/overrun-group.ts';
import { authorPosition } from '../../wgsl-guard/read/positions.ts';
import { messageOf } from './gpu-device.ts';

/** A pass ready to be dispatched. */
export interface CompiledPass {
  readonly pass: Pass;
  /** For messages: shader and entry. */
  readonly name: string;
  readonly layout: GPUBindGroupLayout;
  readonly pipeline: GPUComputePipeline;
  /** Does it bind the overrun word? */
  readonly hasLoops: boolean;
}

interface CompiledShader {
  readonly module: GPUShaderModule;
  readonly guarded: GuardedWgsl;
}

/**
 * Compiles every shader once and every pass to a pipeline. Throws a `refused` fault with the author's line and column,
 * or a `timeout` fault; after that the browser goes on compiling, and this worker is of no more use.
 */
export async function compilePasses(
  device: GPUDevice,
  { program, shaders, limits }: WgslLoad,
  overrunLayout: GPUBindGroupLayout,
): Promise<CompiledPass[]> {
  return withinLimit(limits.compileMs, async () => {
    const compiled = new Map(
      await Promise.all(
        Object.entries(shaders).map(async ([name, guarded]) => {
          return [name, await compileShader(device, name, guarded)] as const;
        }),
      ),
    );
    return Promise.all(
      program.passes.map((pass) => {
        const shader = compiled.get(pass.shader);
        if (shader === undefined)
          throw new GuestFault('refused', `The program has no shader "${pass.shader}".`);
        return compilePass(device, program, pass, shader, overrunLayout);
      }),
    );
  });
}

async function compileShader(device: GPUDevice, name: string, guarded: GuardedWgsl): Promise<CompiledShader> {
  const module = device.createShaderModule({ code: guarded.code, label: name });
  const { messages } = await module.getCompilationInfo();
  const error = messages.find(({ type }) => type === 'error');
  if (error === undefined) return { module, guarded };
  throw new GuestFault('refused', `${name}${placeOf(guarded, error)}: ${plainText(error.message)}`);
}

/** Line and column in the author's text; nothing where the compiler names no line. */
function placeOf({ edits }: GuardedWgsl, { lineNum, linePos }: GPUCompilationMessage): string {
  if (lineNum === 0) return '';
  const { line, column } = authorPosition(edits, lineNum, linePos);
  return `:${line}:${column}`;
}

/** A compiler's message in one line, without the excerpt of the guarded source that some draw below it. */
function plainText(message: string): string {
  return message.split('┌')[0]!.replace(/\s+/g, ' ').trim();
}

async function compilePass(
  device: GPUDevice,
  program: WgslProgram,
  pass: Pass,
  { module, guarded }: CompiledShader,
  overrunLayout: GPUBindGroupLayout,
): Promise<CompiledPass> {
  const name = `${pass.shader}.${pass.entry}`;
  const { hasLoops } = guarded;
  const entries = Object.entries(pass.bindings).map(([binding, buffer]) => ({
    binding: Number(binding),
    visibility: GPUShaderStage.COMPUTE,
    buffer: { type: bindingType(program, name, buffer, guarded.access.get(Number(binding))) },
  }));
  checkBindings(device.limits, name, pass, entries, hasLoops);
  const layout = device.createBindGroupLayout({ entries });
  const bindGroupLayouts = [layout];
  if (hasLoops) bindGroupLayouts[OVERRUN_GROUP] = overrunLayout;
  try {
    const pipeline = await device.createComputePipelineAsync({
      label: name,
      layout: device.createPipelineLayout({ bindGroupLayouts }),
      compute: { module, entryPoint: pass.entry },
    });
    return { pass, name, layout, pipeline, hasLoops };
  } catch (error) {
    throw new GuestFault('refused', `Pass ${name}: ${plainText(messageOf(error))}`);
  }
}

/**
 * A shader may read a writable buffer through `var<storage, read>`, but never write a read-only one: its content is
 * kept from task to task.
 */
function bindingType(
  program: WgslProgram,
  pass: string,
  name: string,
  access: 'read' | 'read_write' | 'uniform' | undefined,
): GPUBufferBindingType {
  const usage = program.buffers[name]?.usage;
  if (usage === undefined) throw new GuestFault('refused', `The program has no buffer "${name}".`);
  if (access === 'read_write' && usage === 'read-only-storage') {
    throw new GuestFault('refused', `Pass ${pass}: the shader may write the read-only buffer "${name}".`);
  }
  return usage === 'storage' && access === 'read' ? 'read-only-storage' : usage;
}

/** What the device would refuse with many more words. */
function checkBindings(
  limits: GPUSupportedLimits,
  name: string,
  pass: Pass,
  entries: readonly { readonly buffer: { readonly type: GPUBufferBindingType } }[],
  hasLoops: boolean,
): void {
  const uniforms = entries.filter(({ buffer }) => buffer.type === 'uniform').length;
  const atMost = limits.maxStorageBuffersPerShaderStage - (hasLoops ? 1 : 0);
  if (entries.length - uniforms > atMost) {
    throw new GuestFault('refused', `Pass ${name} binds more than ${atMost} storage buffers.`);
  }
  if (uniforms > limits.maxUniformBuffersPerShaderStage) {
    throw new GuestFault(
      'refused',
      `Pass ${name} binds more than ${limits.maxUniformBuffersPerShaderStage} uniform buffers.`,
    );
  }
  const names = Object.values(pass.bindings);
  const shared = names.find(
    (buffer, i) =>
      entries[i]?.buffer.type === 'storage' && names.indexOf(buffer) !== names.lastIndexOf(buffer),
  );
  if (shared !== undefined) {
    throw new GuestFault('refused', `Pass ${name} binds "${shared}" twice, and once for writing.`);
  }
}

async function withinLimit<T>(limitMs: number, compile: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const fault = new GuestFault(
      'timeout',
      `The shaders took longer than ${limitMs} ms to compile; make them smaller or raise limits.compileMs.`,
    );
    timer = setTimeout(() => reject(fault), limitMs);
  });
  try {
    return await Promise.race([compile(), late]);
  } finally {
    clearTimeout(timer);
  }
}
