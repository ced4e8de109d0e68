import { env } from 'node:process';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vite';
import { precompress } from './scripts/precompress.ts';
import { xtermWithoutInlineStyles } from './scripts/xterm-csp.ts';

/** The text font is on the first screen, so it loads beside the script; the mono font is not, and comes when it is used. */
const PRELOADED_FONT = /inter-latin-wght-normal.*\.woff2$/;

const preloadFont = (): Plugin => ({
  name: 'serverbox:preload-font',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle }) =>
      Object.keys(bundle ?? {})
        .filter((file) => PRELOADED_FONT.test(file))
        .map((file) => ({
          tag: 'link',
          injectTo: 'head-prepend',
          attrs: { rel: 'preload', href: `/${file}`, as: 'font', type: 'font/woff2', crossorigin: '' },
        })),
  },
});

/**
 * What every page stands on, apart from our own code, so that an update of ours does not make browsers load React again.
 * Only what the login needs as well may be here: the budget counts all of it.
 */
const VENDOR =
  /node_modules\/(?:react|react-dom|scheduler|@tanstack\/(?:react-query|react-router|react-store|query-core|router-core|history|store)|@trpc)\//;

/** Small things of the login that later pages share: a file each would cost the login a request each. */
const SHELL =
  /dashboard\/src\/(?:lib\/errors|ui\/(?:Button|Spinner|class-names|types))|node_modules\/lucide-react\/dist\/esm\/(?:Icon|createLucideIcon|context|defaultAttributes|shared\/)|rolldown\/runtime/;

const corePort = Number(env.SERVERBOX_CORE_PORT ?? 3000);
const core = { target: `http://127.0.0.1:${corePort}`, ws: true, changeOrigin: true };

export default defineConfig({
  plugins: [react(), preloadFont(), xtermWithoutInlineStyles(), precompress()],
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: true,
    proxy: { '/trpc': core, '/auth': core, '/api': core, '/health': core },
  },
  css: { modules: { localsConvention: 'camelCaseOnly' } },
  build: {
    target: 'es2023',
    // Every asset is a file of its own: the content security policy of the core allows no data: URLs for scripts or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'vendor', test: VENDOR },
            { name: 'shell', test: SHELL },
          ],
        },
      },
    },
  },
});
