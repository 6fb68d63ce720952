import * as v from 'valibot';
import {
  MAX_GPU_FEATURES,
  MAX_GPU_LIMITS,
  MAX_GPU_NAME_CHARS,
  MAX_GPU_VENDORS,
  MAX_LATENCY_MS,
} from './constants.ts';
import { countSchema } from './primitives.ts';
import { numericClassSchema } from './task.ts';

/** What a device has and what a job needs are said in the same words; `market/properties` names them for people. */
const gpuWordSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9-]{1,60}$/, 'is no name of a GPU feature or limit'),
);

/** Makers of GPUs, so coarse that a bucket says little about a person. */
export const gpuVendorSchema = v.picklist([
  'nvidia',
  'amd',
  'intel',
  'apple',
  'arm',
  'qualcomm',
  'software',
  'other',
]);
export type GpuVendor = v.InferOutput<typeof gpuVendorSchema>;

const gpuFeaturesSchema = v.pipe(v.array(gpuWordSchema), v.maxLength(MAX_GPU_FEATURES));
const gpuLimitsSchema = v.pipe(v.record(gpuWordSchema, countSchema), v.maxEntries(MAX_GPU_LIMITS));
const latencySchema = v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_LATENCY_MS));

/** Measured speed by job kind, in micro-units per second and slot; absent means not measured. */
export const scoresSchema = v.strictObject({
  wasi: v.optional(countSchema),
  wgsl: v.optional(countSchema),
  onnx: v.optional(countSchema),
});

/** What a device has, in an offer and a proposal: measured or asked of the browser by its own tab. */
export const capabilitiesSchema = v.strictObject({
  /** Cores lent: slots for programs and models. */
  cores: countSchema,
  /** Memory that one task may use. */
  memoryBytes: countSchema,
  /** Room for inputs of jobs. */
  storageBytes: countSchema,
  /** Downstream bandwidth; absent while unknown. */
  downBitsPerSecond: v.optional(countSchema),
  /** Round trip to the nearest relay; absent while unknown. */
  latencyMs: v.optional(latencySchema),
  scores: scoresSchema,
  /** Absent without a GPU, or when none is lent. */
  gpu: v.optional(
    v.strictObject({
      name: v.pipe(v.string(), v.maxLength(MAX_GPU_NAME_CHARS)),
      vendor: gpuVendorSchema,
      memoryBytes: countSchema,
      features: gpuFeaturesSchema,
      limits: gpuLimitsSchema,
      /** Which GPUs agree with this one bit for bit; absent until it was measured. */
      numericClass: v.optional(numericClassSchema),
    }),
  ),
});
export type Capabilities = v.InferOutput<typeof capabilitiesSchema>;

/** What a provider needs to have. Absent means no requirement. */
export const requirementsSchema = v.strictObject({
  memoryBytes: v.optional(countSchema),
  gpuMemoryBytes: v.optional(countSchema),
  /** Least measured speed, in micro-units per second and slot, for the demand's own kind. */
  microUnitsPerSecond: v.optional(countSchema),
  cores: v.optional(countSchema),
  storageBytes: v.optional(countSchema),
  downBitsPerSecond: v.optional(countSchema),
  /** Longest round trip to a relay. */
  latencyMs: v.optional(latencySchema),
  /** Least speed of other kinds, such as that of the processor beside a GPU. */
  scores: v.optional(scoresSchema),
  gpuFeatures: v.optional(gpuFeaturesSchema),
  /** Least value of each WebGPU limit. */
  gpuLimits: v.optional(gpuLimitsSchema),
  /** Any of these makers. */
  gpuVendors: v.optional(v.pipe(v.array(gpuVendorSchema), v.minLength(1), v.maxLength(MAX_GPU_VENDORS))),
});
export type Requirements = v.InferOutput<typeof requirementsSchema>;
