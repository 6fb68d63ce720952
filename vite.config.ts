import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin, type PluginOption } from 'vite';
import { PAGE_POLICY } from './scripts/page-policy.ts';
import { sandboxPlugin } from './src/sandbox/vite-plugin.node.ts';

/** Plugins that the app and its browser tests share. */
export function appPlugins(): PluginOption[] {
  return [svelte({ configFile: false }), sandboxPlugin()];
}

/** Writes the page's policy into the built `index.html`, so that it holds on any static host. */
function pagePolicyPlugin(): Plugin {
  return {
    name: 'kiln:page-policy',
    apply: 'build',
    // As text: a tag built from attributes has its quotes escaped, which Chromium's preload scanner does not decode.
    transformIndexHtml: (html) =>
      html.replace(
        '<head>',
        `<head>\n    <meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}" />`,
      ),
  };
}

export default defineConfig({
  plugins: [...appPlugins(), pagePolicyPlugin()],
  // Relative addresses, so that the build works under any path of any static host.
  base: './',
  assetsInclude: ['**/*.glb', '**/*.wgsl'],
  worker: {
    format: 'es',
    // Written as the page's own scripts are: what both load (libsecp256k1) comes out the same, and is one file of the build.
    rolldownOptions: {
      output: { topLevelVar: true, comments: { annotation: false, jsdoc: false, legal: false } },
    },
  },
  build: {
    target: 'es2024',
    sourcemap: false,
    // Example inputs are fetched on demand, never inlined into the page's script.
    assetsInlineLimit: 0,
    // The budget is size-limit's to hold (.size-limit.json).
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      output: {
        // Large packages change rarely: in files of their own they stay in the browser's cache over an update.
        codeSplitting: {
          groups: [
            { name: 'chain', test: /node_modules\/(viem|abitype|ox|@noble|@scure)\// },
            {
              name: 'network',
              test: /node_modules\/(libp2p|@libp2p|@chainsafe|@multiformats|multiformats|@ipld)\//,
            },
            { name: 'media', test: /node_modules\/mediabunny\// },
          ],
        },
      },
    },
  },
});
