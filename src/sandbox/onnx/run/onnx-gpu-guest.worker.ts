import '../../guest/lock-down.ts';
import * as ort from 'onnxruntime-web/webgpu';
import { serveHost } from '../../guest/serve-host.ts';
import { loadOnnx } from './run-onnx.ts';

serveHost((load) => loadOnnx(ort, load));
