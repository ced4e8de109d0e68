import type { SocketRoute, StreamRoute } from '../../middleware/stream-routes.ts';
import type { LogStreamDeps } from './log-stream.ts';
import { createLogRoute } from './log-stream.ts';
import type { ShellDeps } from './shell-socket.ts';
import { createShellRoute } from './shell-socket.ts';

/** What containers stream: their logs, and shells inside them. */
export const createContainerStreams = (
  deps: LogStreamDeps & ShellDeps,
): { streams: readonly StreamRoute[]; sockets: readonly SocketRoute[] } => ({
  streams: [createLogRoute(deps)],
  sockets: [createShellRoute(deps)],
});
