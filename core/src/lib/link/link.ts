/**
 * The one way to reach a node. However the connection came about (the agent's WebSocket, sshd), the core holds an SSH client
 * connection to it, and every feature is written once, against this.
 */
import type { Duplex, Readable, Writable } from 'node:stream';
import type { AgentService } from '@serverbox/contract/policy';

export interface ExecOptions {
  /** Ends the command when aborted: TERM to its process group, then the channel closes. */
  signal?: AbortSignal;
  /** From call to exit. Past it the command is ended and `ended` rejects with `timed_out`. */
  timeoutMs: number;
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

/** Services of the agent that travel as SSH subsystems. */
export type AgentSubsystem = 'metrics';

/**
 * An authenticated way to reach one node.
 * @throws AppError from every call: `node_unreachable`, `refused_by_policy`, `timed_out`
 */
export interface NodeLink {
  /** Runs argv without any shell in between. */
  exec(argv: readonly [string, ...string[]], options: ExecOptions): Promise<ExecStream>;
  shell(options: PtyOptions): Promise<PtyStream>;
  /** A byte stream to a Unix socket on the node. */
  dialUnix(path: string): Promise<Duplex>;
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
  find(nodeId: string): NodeLink | undefined;
  /** @throws AppError `node_unreachable` with a sentence that says since when */
  get(nodeId: string): NodeLink;
}
