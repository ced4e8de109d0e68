import type { NodeId } from '@serverbox/contract/ids';
import { TerminalInput } from '@serverbox/contract/terminal';
import { notFound } from '../../lib/errors.ts';
import type { NodeLinks } from '../../lib/link/link.ts';
import type { Log } from '../../lib/log.ts';
import type { SocketRoute } from '../../middleware/stream-routes.ts';
import { socketRoute } from '../../middleware/stream-routes.ts';
import { bridgePty } from './service.ts';

const TERM = 'xterm-256color';

export interface TerminalDeps {
  links: NodeLinks;
  /** Adds to the story of a node; `actor` is the e-mail of who opened the shell. */
  recordActivity(
    nodeId: NodeId,
    entry: { kind: 'terminal.opened' | 'terminal.closed'; subject: null; actor: string; text: string },
  ): Promise<void>;
  log: Log;
}

/** A login shell on a node, as the user that the agent runs as. */
export const createTerminalSockets = ({ links, recordActivity, log }: TerminalDeps): SocketRoute[] => {
  const record = (nodeId: NodeId, actor: string, kind: 'terminal.opened' | 'terminal.closed', text: string) =>
    recordActivity(nodeId, { kind, subject: null, actor, text }).catch((error: unknown) =>
      log.warn('activity was not recorded', { nodeId, kind, error }),
    );

  const terminal = socketRoute({
    path: '/api/nodes/:nodeId/terminal',
    summary: 'A shell on a node',
    permission: 'nodes.terminal',
    scope: 'node',
    audit: 'terminal.open',
    input: TerminalInput,
    connect: async ({ principal, node, input, signal }, socket) => {
      if (node === undefined) throw notFound('The node');
      const pty = await (await links.reach(node.id)).shell({ cols: input.cols, rows: input.rows, term: TERM });
      void record(node.id, principal.email, 'terminal.opened', 'A terminal was opened');
      const result = await bridgePty(pty, socket, signal, { title: node.name });
      void record(node.id, principal.email, 'terminal.closed', `A terminal was closed after ${result.seconds} s`);
      return result;
    },
  });
  return [terminal];
};
