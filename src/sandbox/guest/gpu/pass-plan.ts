import { type Parameters, type ParsedExpression, parseExpression } from '../../../job/expression.ts';
import {
  DISPATCH_TARGET_MS,
  MAX_DISPATCH_MS,
  MAX_DISPATCH_WORKGROUPS,
  MAX_PASS_TURNS,
} from '../../limits.ts';
import { GuestFault } from '../../messages.ts';
import type { GpuBuffers } from './gpu-buffers.ts';
import type { CompiledPass } from './pipelines.ts';
import { FIRST_TILE_WORKGROUPS, TileSize } from './tiling.ts';

const AXES = ['x', 'y', 'z'] as const;

/** One pass with its grid, turns and bind group for the task at hand, and what is known of its speed. */
export class PassPlan {
  readonly compiled: CompiledPass;
  readonly tileSize = new TileSize();
  readonly #grid: readonly ParsedExpression[];
  readonly #repeat: ParsedExpression;
  readonly #axis: number;
  #workgroups: [number, number, number] = [1, 1, 1];
  #bindGroup: GPUBindGroup | undefined;
  turns = 1;

  constructor(compiled: CompiledPass) {
    const { pass } = compiled;
    this.compiled = compiled;
    this.#grid = pass.workgroups.map(parseExpression);
    this.#repeat = parseExpression(pass.repeat ?? 1);
    this.#axis = pass.tileAxis === undefined ? -1 : AXES.indexOf(pass.tileAxis);
  }

  /** Steps along the axis that may be cut; 1 stands for a pass that may not, 0 for an empty grid. */
  get axisLength(): number {
    if (this.#workgroups.includes(0)) return 0;
    return this.#workgroups[this.#axis] ?? 1;
  }

  /** Workgroups of one step along the axis. */
  get stepWorkgroups(): number {
    return this.#workgroups.reduce((product, size) => product * size) / this.axisLength;
  }

  /** Is anything known of its speed? Else its next dispatch is timed alone. */
  get isTimed(): boolean {
    return this.tileSize.estimateMs(1) !== undefined;
  }

  /** Is the smallest dispatch of it so large, as far as is known, that a part of it must be tried first? */
  get needsTrial(): boolean {
    const step = this.stepWorkgroups;
    if (this.axisLength === 0 || step <= FIRST_TILE_WORKGROUPS) return false;
    return !this.tileSize.isSure(step) || this.estimateMs(step) > MAX_DISPATCH_MS;
  }

  /** How many workgroups of a step to try next. */
  nextTrial(): number {
    return this.tileSize.next(this.stepWorkgroups, this.stepWorkgroups, 1);
  }

  get bindGroup(): GPUBindGroup | undefined {
    return this.#bindGroup;
  }

  /** How many of the `left` steps the next dispatch takes. */
  nextSteps(left: number): number {
    return this.#axis < 0 ? left : this.tileSize.next(left, this.axisLength, this.stepWorkgroups);
  }

  /** What this many workgroups should take on the GPU; a dispatch of unknown length is measured alone. */
  estimateMs(workgroups: number): number {
    return this.tileSize.estimateMs(workgroups) ?? DISPATCH_TARGET_MS;
  }

  /** The grid of a dispatch of this many steps. */
  grid(steps: number): readonly [number, number, number] {
    const [x, y, z] = this.#workgroups.map((size, axis) => (axis === this.#axis ? steps : size));
    return [x!, y!, z!];
  }

  /** The grid of about this many workgroups of one step. */
  trialGrid(workgroups: number): readonly [number, number, number] {
    const [x, y, z] = this.grid(1);
    const width = Math.min(x, workgroups);
    const height = Math.min(y, Math.floor(workgroups / width));
    return [width, height, Math.min(z, Math.floor(workgroups / (width * height)))];
  }

  prepare(device: GPUDevice, buffers: GpuBuffers, parameters: Parameters, hasNewBuffers: boolean): void {
    const { pass, name, layout } = this.compiled;
    const atMost = device.limits.maxComputeWorkgroupsPerDimension;
    const counts = this.#grid.map((size) => count(`${name}: a grid size`, size.evaluate(parameters), atMost));
    this.#workgroups = [counts[0]!, counts[1]!, counts[2]!];
    this.turns = count(`${name}: the repeat`, this.#repeat.evaluate(parameters), MAX_PASS_TURNS);
    if (this.axisLength > 0 && this.stepWorkgroups > MAX_DISPATCH_WORKGROUPS) {
      const hint = this.#axis < 0 ? 'set its tileAxis' : 'choose another tileAxis or a smaller grid';
      throw new GuestFault(
        'refused',
        `Pass ${name} would dispatch ${this.stepWorkgroups} workgroups at once, more than ${MAX_DISPATCH_WORKGROUPS}: ${hint}.`,
      );
    }
    if (this.#bindGroup !== undefined && !hasNewBuffers) return;
    this.#bindGroup = device.createBindGroup({
      label: name,
      layout,
      entries: Object.entries(pass.bindings).map(([binding, buffer]) => ({
        binding: Number(binding),
        resource: { buffer: buffers.get(buffer) },
      })),
    });
  }
}

function count(what: string, value: number, atMost: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= atMost) return value;
  throw new GuestFault('refused', `${what} is ${value}; it must be a whole number from 0 to ${atMost}.`);
}
