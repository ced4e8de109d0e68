/** What other features take from terminals: the bridge, for shells that are not the node's own. */
export { type BridgeOptions, type BridgeResult, bridgePty } from './bridge-pty.ts';
