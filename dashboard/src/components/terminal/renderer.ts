import { WebglAddon } from '@xterm/addon-webgl';
import type { Terminal } from '@xterm/xterm';

/** Without a real graphics card WebGL is emulated, and then several times slower than drawing with the DOM. */
const hasFastWebgl = (): boolean =>
  document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true }) !== null;

/**
 * Draws with WebGL where there is some. A browser takes contexts away (too many tabs, a graphics driver that restarts);
 * the addon then goes and xterm draws with the DOM. Call before `open`, so that the DOM renderer is not built in vain.
 */
export const keepWebgl = (terminal: Terminal): void => {
  if (!hasFastWebgl()) return;
  const addon = new WebglAddon();
  addon.onContextLoss(() => addon.dispose());
  terminal.loadAddon(addon);
};
