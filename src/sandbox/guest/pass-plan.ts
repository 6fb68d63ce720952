import { type Parameters, type ParsedExpression, parseExpression } from '../../job/expression.ts';
import { MAX_PASS_TURNS } from '../limits.ts';
import { GuestFault } from '../messages.ts';
import type { GpuBuffers } from './gpu-buffers.ts';
import type { CompiledPass } from './pipelines.ts';
import { TileSize } from './tiling.ts';

const AXES = ['x', 'y', 'z'] as const;

/** One pass with its grid, turns and bind group for the task at hand, and what is known of its speed. */
export class PassPlan {
  readonly tileSize = new TileSize();
  readonly #compiled: CompiledPass;
  readonly #grid: readonly ParsedExpression[];
  readonly #repeat: ParsedExpression;
  readonly #axis: number;
  #workgroups: [number, number, number] = [1, 1, 1];
  #bindGroup: GPUBindGroup | undefined;
  turns = 1;

  constructor(compiled: CompiledPass) {
    const { pass } = compiled;
    this.#compiled = compiled;
    this.#grid = pass.workgroups.map(parseExpression);
    this.#repeat = parseExpression(pass.repeat ?? 1);
    this.#axis = pass.tileAxis === undefined ? -1 : AXES.indexOf(pass.tileAxis);
  }

  get isCuttable(): boolean {
    return this.#axis >= 0;
  }

  /** Workgroups along the axis that may be cut; 1 stands for a pass that may not, 0 for an empty grid. */
  get axisLength(): number {
    if (this.#workgroups.includes(0)) return 0;
    return this.#workgroups[this.#axis] ?? 1;
  }

  prepare(device: GPUDevice, buffers: GpuBuffers, parameters: Parameters, hasNewBuffers: boolean): void {
    const counts = this.#grid.map((size) =>
      count(size.evaluate(parameters), device.limits.maxComputeWorkgroupsPerDimension),
    );
    this.#workgroups = [counts[0] ?? 1, counts[1] ?? 1, counts[2] ?? 1];
    this.turns = count(this.#repeat.evaluate(parameters), MAX_PASS_TURNS);
    if (this.#bindGroup !== undefined && !hasNewBuffers) return;
    this.#bindGroup = device.createBindGroup({
      layout: this.#compiled.layout,
      entries: Object.entries(this.#compiled.pass.bindings).map(([binding, name]) => ({
        binding: Number(binding),
        resource: { buffer: buffers.get(name) },
      })),
    });
  }

  /** Submits one dispatch of this many workgroups along the cut axis. */
  dispatch(device: GPUDevice, workgroups: number): void {
    const [x, y, z] = this.#workgroups.map((size, axis) => (axis === this.#axis ? workgroups : size));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#compiled.pipeline);
    pass.setBindGroup(0, this.#bindGroup!);
    pass.dispatchWorkgroups(x ?? 1, y, z);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }
}

function count(value: number, atMost: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= atMost) return value;
  throw new GuestFault(
    'refused',
    `A grid size or repeat is ${value}; it must be a whole number from 0 to ${atMost}.`,
  );
}
