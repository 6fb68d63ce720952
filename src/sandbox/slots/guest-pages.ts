import type { Load } from '../messages.ts';

/** The documents of sandbox frames, beside the app's page: each starts a worker with another runtime. */
export const GUEST_PAGES = {
  programs: 'sandbox.html',
  onnx: 'sandbox-onnx.html',
  onnxGpu: 'sandbox-onnx-gpu.html',
} as const;
export type GuestPage = keyof typeof GUEST_PAGES;

/** Which document a program's slot needs. */
export function guestPageOf(load: Load): GuestPage {
  if (load.kind !== 'onnx') return 'programs';
  return load.program.backend === 'webgpu' ? 'onnxGpu' : 'onnx';
}

/**
 * Addresses of the documents, given that of the first one.
 *
 * @example
 * pageUrls('https://kiln.example/sandbox.html')('onnx'); // 'https://kiln.example/sandbox-onnx.html'
 */
export function pageUrls(programsUrl: string): (page: GuestPage) => string {
  return (page) =>
    page === 'programs'
      ? programsUrl
      : new URL(GUEST_PAGES[page], new URL(programsUrl, document.baseURI)).href;
}
