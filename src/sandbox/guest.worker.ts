import './guest/lock-down.ts';
import { loadWasi } from './guest/wasi/run-wasi.ts';
import { loadWgsl } from './guest/gpu/run-wgsl.ts';
import { serveHost } from './guest/serve-host.ts';
import { GuestFault } from './messages.ts';

serveHost(async (load) => {
  if (load.kind === 'wasi') return loadWasi(load);
  if (load.kind === 'wgsl') return loadWgsl(load);
  throw new GuestFault('refused', 'This worker has no runtime for ONNX models.');
});
