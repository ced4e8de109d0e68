/**
 * A byte stream to the engine of a node: through its socket or, where an SSH server opens none (dropbear,
 * `AllowStreamLocalForwarding no`), through `docker system dial-stdio`, which is how the Docker command itself goes over SSH.
 */
import type { Readable } from 'node:stream';
import { Duplex } from 'node:stream';
import { AppError, messageOf } from '../errors.ts';
import type { ExecEnd, ExecOptions, NodeLink } from '../link/link.ts';
import { engineText } from './engine-errors.ts';

export const DOCKER_SOCKET = '/var/run/docker.sock';
/** The longest that a timer waits, 24 days: a stream of events ends then, and is opened anew. */
const NO_DEADLINE_MS = 2 ** 31 - 1;
const MAX_SAID_CHARS = 4096;
const COMMAND_NOT_FOUND = 127;

type DialOptions = Pick<ExecOptions, 'isBackground'>;

const readText = (stream: Readable): (() => string) => {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-MAX_SAID_CHARS);
  });
  return () => engineText(text);
};

const reasonOf = (end: ExecEnd, said: string): AppError => {
  const isMissing = end.kind === 'exit' && end.code === COMMAND_NOT_FOUND;
  const sentence = isMissing
    ? 'Docker is not installed on this node, or its SSH server opens no sockets and the Docker command is not there.'
    : `Docker on this node: ${said || 'the connection ended.'}`;
  return new AppError('docker_unavailable', sentence);
};

/** The stream breaks with the command's own words when it ends otherwise than well. @throws AppError as `exec` does */
export const dialByCommand = async (link: NodeLink, options: DialOptions = {}): Promise<Duplex> => {
  const command = await link.exec(['docker', 'system', 'dial-stdio'], { timeoutMs: NO_DEADLINE_MS, ...options });
  const { stdin, stdout, stderr, ended } = command;
  const said = readText(stderr);
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => void stdout.resume(),
    write: (chunk, _, done) => void stdin.write(chunk, done),
    final: (done) => void stdin.end(done),
    destroy: (error, done) => {
      stdout.destroy();
      done(error);
    },
  });
  stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) stdout.pause();
  });
  stdout.once('error', (error) => stream.destroy(error));
  // The end is told when the exit is known: a reader that saw the end first would never hear the reason.
  ended.then(
    (end) => (end.kind === 'exit' && end.code === 0 ? stream.push(null) : stream.destroy(reasonOf(end, said()))),
    (error: Error) => stream.destroy(error),
  );
  return stream;
};

/** Whether another way than the socket is worth a try: an agent says precisely why it opens none, an SSH server does not. */
const mayForwardNone = (link: NodeLink, error: unknown): boolean =>
  link.via === 'ssh' &&
  !link.closed.aborted &&
  error instanceof AppError &&
  (error.code === 'docker_unavailable' || error.code === 'node_unreachable');

/** @throws AppError `docker_unavailable` | `node_unreachable` | `refused_by_policy` */
export const dialDocker = async (link: NodeLink, options: DialOptions = {}): Promise<Duplex> => {
  try {
    return await link.dialUnix(DOCKER_SOCKET, options);
  } catch (error) {
    if (!mayForwardNone(link, error)) throw error;
    return dialByCommand(link, options).catch((second: unknown) => {
      throw new AppError('docker_unavailable', messageOf(error), { cause: second });
    });
  }
};
