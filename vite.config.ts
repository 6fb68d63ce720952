import { svelte } from '@sveltejs/vite-plugin-svelte';
import { existsSync } from 'node:fs';
import { defineConfig, type PluginOption } from 'vite';

const SANDBOX_PLUGIN = './src/sandbox/vite-plugin.node.ts';

/** Plugins that the app and its browser tests share. */
export async function appPlugins(): Promise<PluginOption[]> {
  const plugins: PluginOption[] = [svelte({ configFile: false })];
  if (existsSync(new URL(SANDBOX_PLUGIN, import.meta.url))) {
    const module = (await import(SANDBOX_PLUGIN)) as { sandboxPlugin(): PluginOption };
    plugins.push(module.sandboxPlugin());
  }
  return plugins;
}

export default defineConfig(async () => ({
  plugins: await appPlugins(),
  // Relative addresses, so that the build works under any path of any static host.
  base: './',
  assetsInclude: ['**/*.glb', '**/*.wgsl'],
  worker: { format: 'es' as const },
  build: {
    target: 'es2024',
    sourcemap: false,
    // Example inputs are fetched on demand, never inlined into the page's script.
    assetsInlineLimit: 0,
    // The budget is size-limit's to hold (.size-limit.json).
    chunkSizeWarningLimit: 2_000,
  },
}));
