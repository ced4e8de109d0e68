/** Shells inside containers, over WebSocket. */
import { ContainerId } from '@serverbox/contract/ids';
import { ContainerShellInput } from '@serverbox/contract/terminal';
import type { WebSocket } from 'ws';
import { AppError, notFound } from '../../lib/errors.ts';
import type { PtyStream } from '../../lib/link/link.ts';
import type { SocketRoute } from '../../middleware/stream-routes.ts';
import { socketRoute } from '../../middleware/stream-routes.ts';
import type { Engines } from './engines.ts';

/**
 * Joins a remote terminal and a browser until either is over; closes neither's other side in vain: the shell is hung up
 * whichever way it ends. What it returns goes into the audit outcome.
 */
export type BridgePty = (pty: PtyStream, socket: WebSocket, signal: AbortSignal) => Promise<Record<string, unknown>>;

const TERM = 'xterm-256color';

export const createShellRoute = ({ engines, bridgePty }: { engines: Engines; bridgePty: BridgePty }): SocketRoute =>
  socketRoute({
    path: '/api/nodes/:nodeId/containers/:containerId/exec',
    summary: 'A shell inside a container',
    permission: 'containers.exec',
    scope: 'node',
    audit: 'container.shell',
    input: ContainerShellInput,
    connect: async ({ node, input, signal }, socket) => {
      if (node === undefined) throw notFound('The node');
      const { reads, shells } = engines.getOperable(node.id);
      const found = await reads.inspect(input.containerId, signal);
      if (found.State.Status !== 'running') {
        throw new AppError('conflict', `A shell needs a running container; this one is ${found.State.Status}.`);
      }
      const { cols, rows } = input;
      const pty = await shells.openShell(ContainerId.parse(found.Id), { cols, rows, term: TERM });
      try {
        signal.throwIfAborted();
        return await bridgePty(pty, socket, signal);
      } finally {
        // The engine would let the shell run on after its terminal is gone.
        pty.close();
      }
    },
  });
