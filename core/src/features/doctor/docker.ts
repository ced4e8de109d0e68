/** Docker on a node, asked as the product asks it: through its socket, over the link. */
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { DOCKER_SOCKET, dialByCommand } from '../../lib/docker/dial.ts';
import { AppError, messageOf } from '../../lib/errors.ts';
import type { NodeLink } from '../../lib/link/link.ts';
import { readSome } from './read-some.ts';
import type { Finding } from './walk.ts';
import { failed, ok, warning } from './walk.ts';

const TIMEOUT_MS = 5000;
const MAX_BYTES = 64 * 1024;
const FORWARDING =
  'Let sshd forward sockets: AllowStreamLocalForwarding yes (and no DisableForwarding) in /etc/ssh/sshd_config, then reload it.';
const SLOWER = 'each connection starts a process there, because the SSH server opens no sockets.';
const RUNNING = 'Look at it there: sudo systemctl status docker.';

const Version = z.object({ Version: z.string().max(100), ApiVersion: z.string().max(20) });

const askVersion = async (stream: Duplex): Promise<string> => {
  stream.on('error', () => undefined); // shows where it is read
  stream.write('GET /version HTTP/1.0\r\nHost: docker\r\n\r\n');
  const answer = await readSome(stream, { maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS });
  try {
    const { Version: version, ApiVersion: api } = Version.parse(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''));
    return `Docker ${version}, API ${api}`;
  } catch {
    throw new AppError('docker_error', `Docker gave no answer that can be understood (${answer.length} characters).`);
  }
};

/** Asked as everything else asks it: through the socket, else through the Docker command. */
export const checkDocker = async (link: NodeLink, socketPath = DOCKER_SOCKET): Promise<Finding> => {
  try {
    return ok(`${await askVersion(await link.dialUnix(socketPath))}.`);
  } catch (error) {
    const isRefused = error instanceof AppError && ['docker_unavailable', 'docker_error'].includes(error.code);
    const finding = failed(messageOf(error), isRefused ? RUNNING : FORWARDING);
    if (link.via !== 'ssh') return finding;
    const version = await dialByCommand(link)
      .then(askVersion)
      .catch(() => undefined); // what the socket said is the better reason
    return version === undefined ? finding : warning(`${version}, through its command: ${SLOWER}`, FORWARDING);
  }
};
