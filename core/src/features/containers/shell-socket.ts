/** Shells inside containers, over WebSocket. */
import type { NodeId } from '@serverbox/contract/ids';
import { ContainerId } from '@serverbox/contract/ids';
import { ContainerShellInput } from '@serverbox/contract/terminal';
import type { WebSocket } from 'ws';
import { AppError, notFound } from '../../lib/errors.ts';
import type { PtyStream } from '../../lib/link/link.ts';
import type { Log } from '../../lib/log.ts';
import type { SocketRoute } from '../../middleware/stream-routes.ts';
import { socketRoute } from '../../middleware/stream-routes.ts';
import type { Engines } from './engines.ts';
import type { ContainersDeps } from './service.ts';

/**
 * Joins a remote terminal and a browser until either is over and hangs up the terminal. What it returns goes into the audit
 * outcome.
 */
export type BridgePty = (
  pty: PtyStream,
  socket: WebSocket,
  signal: AbortSignal,
  options: { title: string },
) => Promise<Record<string, unknown>>;

export interface ShellDeps {
  engines: Engines;
  bridgePty: BridgePty;
  log: Log;
  recordActivity: ContainersDeps['recordActivity'];
}

const TERM = 'xterm-256color';

export const createShellRoute = ({ engines, bridgePty, log, recordActivity }: ShellDeps): SocketRoute => {
  const tell = (nodeId: NodeId, entry: Parameters<ShellDeps['recordActivity']>[1]): void => {
    recordActivity(nodeId, entry).catch((error: unknown) => {
      // The story has a gap; the shell itself is in the audit trail.
      log.warn('container activity was not recorded', { nodeId, kind: entry.kind, error });
    });
  };
  return socketRoute({
    path: '/api/nodes/:nodeId/containers/:containerId/exec',
    summary: 'A shell inside a container',
    permission: 'containers.exec',
    scope: 'node',
    audit: 'container.shell',
    input: ContainerShellInput,
    connect: async ({ node, principal, input, signal }, socket) => {
      if (node === undefined) throw notFound('The node');
      const { reads, shells } = engines.getOperable(node.id);
      const found = await reads.inspect(input.containerId, signal);
      if (found.State.Status !== 'running') {
        throw new AppError('conflict', `A shell needs a running container; this one is ${found.State.Status}.`);
      }
      const { cols, rows } = input;
      const subject = found.Name.replace(/^\//, '');
      const pty = await shells.openShell(ContainerId.parse(found.Id), { cols, rows, term: TERM });
      const about = { subject, actor: principal.email };
      try {
        signal.throwIfAborted();
        tell(node.id, { ...about, kind: 'terminal.opened', text: `A shell was opened in container ${subject}` });
        return await bridgePty(pty, socket, signal, { title: subject });
      } finally {
        // The engine would let the shell run on after its terminal is gone.
        pty.close();
        tell(node.id, { ...about, kind: 'terminal.closed', text: `A shell in container ${subject} was closed` });
      }
    },
  });
};
