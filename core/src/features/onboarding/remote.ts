/** Commands on a machine that is being prepared, over whatever link there is. Scripts are constants; values are arguments. */
import type { Readable, Writable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { collectOutput } from '../../lib/link/collect-output.ts';
import type { NodeLink } from '../../lib/link/link.ts';

const COMMAND_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

export interface RemoteResult {
  isOk: boolean;
  stdout: string;
  stderr: string;
}

export interface RemoteOptions {
  /** What the command reads; without it, nothing. */
  input?: Readable;
  timeoutMs?: number;
}

/** Gives up when the command has ended: why it did, it has said on its own output. */
const feed = async (input: Readable, stdin: Writable, ended: Promise<unknown>): Promise<void> => {
  let hasEnded = false;
  const note = () => {
    hasEnded = true;
  };
  const whenEnded = ended.then(note, note); // a failure is told by whoever awaits it
  stdin.on('error', () => undefined); // a command that reads no further
  for await (const chunk of input) {
    if (hasEnded) return;
    if (!stdin.write(chunk)) await Promise.race([new Promise((resolve) => stdin.once('drain', resolve)), whenEnded]);
  }
};

/** @throws AppError as the link does; a command that fails is a result. */
export const runRemote = async (
  link: Pick<NodeLink, 'exec'>,
  argv: readonly [string, ...string[]],
  { input, timeoutMs = COMMAND_TIMEOUT_MS }: RemoteOptions = {},
): Promise<RemoteResult> => {
  const command = await link.exec(argv, { timeoutMs });
  // Both outputs are read from the beginning; what they are collected with ends an input of its own.
  const collected = collectOutput({ ...command, stdin: new PassThrough() }, { maxBytes: MAX_OUTPUT_BYTES });
  if (input !== undefined) await feed(input, command.stdin, collected);
  command.stdin.end();
  const { end, stdout, stderr } = await collected;
  return { isOk: end.kind === 'exit' && end.code === 0, stdout: stdout.trim(), stderr: stderr.trim() };
};

/** What a person has to read of a failed command: the last lines of what it said. */
export const lastWords = ({ stdout, stderr }: RemoteResult): string =>
  (stderr || stdout).split('\n').slice(-3).join(' ').slice(0, 500) || 'it did not say why';
