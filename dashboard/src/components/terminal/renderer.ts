import { WebglAddon } from '@xterm/addon-webgl';
import type { Terminal } from '@xterm/xterm';

const hasWebgl = (): boolean => document.createElement('canvas').getContext('webgl2') !== null;

/**
 * Draws with WebGL where there is some. A browser takes contexts away (too many tabs, a graphics driver that restarts);
 * the addon then goes and xterm draws with the DOM. Call before `open`, so that the DOM renderer is not built in vain.
 */
export const keepWebgl = (terminal: Terminal): void => {
  if (!hasWebgl()) return;
  const addon = new WebglAddon();
  addon.onContextLoss(() => addon.dispose());
  terminal.loadAddon(addon);
};
