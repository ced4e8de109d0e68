/**
 * The one way to reach a node. However the connection came about (the agent's WebSocket, sshd), the core holds an SSH client
 * connection to it, and every feature is written once, against this.
 */
import type { Duplex, Readable, Writable } from 'node:stream';
import type { NodeId } from '@serverbox/contract/ids';
import type { AgentService } from '@serverbox/contract/policy';
import type { SFTPWrapper } from 'ssh2';

export interface ExecOptions {
  /** Ends the command when aborted: TERM to its process group, then the channel closes. */
  signal?: AbortSignal;
  /** From call to exit. Past it the command is ended and `ended` rejects with `timed_out`. */
  timeoutMs: number;
  /** Lives as long as the link does and is no reason to keep it: a link that nobody else uses goes, and this with it. */
  isBackground?: boolean;
}

/** How a command ended. A lost connection is neither: `ended` rejects with `node_unreachable`. */
export type ExecEnd = { kind: 'exit'; code: number } | { kind: 'signal'; signal: string };

/** A running command. Both outputs have to be read (or resumed): back-pressure reaches the command. */
export interface ExecStream {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Settles once, after both outputs have ended. @throws AppError `node_unreachable` | `timed_out` */
  ended: Promise<ExecEnd>;
}

export interface PtyOptions {
  cols: number;
  rows: number;
  term: string;
}

/** An interactive shell. `pause`/`resume` of the stream hold up the remote side. */
export interface PtyStream {
  stream: Duplex;
  resize(cols: number, rows: number): void;
  ended: Promise<ExecEnd>;
  /** Hangs up: the shell's process group gets HUP. */
  close(): void;
}

/** Files of the node over SFTP, ended by `end()`. For browsing and small files: large ones go faster through `cat` or `tar`. */
export type SftpSession = SFTPWrapper;

/** Services of the agent that travel as SSH subsystems. */
export type AgentSubsystem = 'metrics';

/** In the order of preference. */
export const LINK_VIAS = ['agent', 'ssh'] as const;
export type LinkVia = (typeof LINK_VIAS)[number];

/**
 * An authenticated way to reach one node.
 * @throws AppError from every call: `node_unreachable`, `refused_by_policy`, `timed_out`
 */
export interface NodeLink {
  /** How the connection came about: for the ladder and for people. Features do not branch on it. */
  readonly via: LinkVia;
  /** Runs argv without any shell in between. */
  exec(argv: readonly [string, ...string[]], options: ExecOptions): Promise<ExecStream>;
  shell(options: PtyOptions): Promise<PtyStream>;
  /** @throws AppError `not_supported` where the node serves none, as agents do */
  sftp(): Promise<SftpSession>;
  /** A byte stream to a Unix socket on the node. `isBackground` as with commands. */
  dialUnix(path: string, options?: Pick<ExecOptions, 'isBackground'>): Promise<Duplex>;
  /** A byte stream to a TCP address as the node sees it; also how a node is used as a jump host. */
  dialTcp(host: string, port: number): Promise<Duplex>;
  /** @throws AppError `not_supported` on a node that is reached by its own sshd */
  subsystem(name: AgentSubsystem): Promise<Duplex>;
  /** What the node's owner permits, as the node last said. */
  readonly services: readonly AgentService[];
  /** Aborts when the link is lost, with the reason. */
  readonly closed: AbortSignal;
  readonly linkedAt: Date;
  close(reason: string): void;
}

/** The links that this core owns. */
export interface NodeLinks {
  /** The best link that there is now. */
  find(nodeId: string): NodeLink | undefined;
  /**
   * The best link that there is or, for a node with SSH access, the one that is dialled for this call; callers at the same
   * time share one dial. @throws AppError `node_unreachable` | `host_key_unknown` | `host_key_changed` | `ssh_auth_failed`
   */
  reach(nodeId: NodeId): Promise<NodeLink>;
  /** @throws AppError `node_unreachable` with a sentence that says since when */
  get(nodeId: string): NodeLink;
}
