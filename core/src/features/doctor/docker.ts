/** Docker on a node, asked as the product asks it: through its socket, over the link. */

import { z } from 'zod';
import { AppError, messageOf } from '../../lib/errors.ts';
import type { NodeLink } from '../../lib/link/link.ts';
import { readSome } from './read-some.ts';
import type { Finding } from './walk.ts';
import { failed, ok } from './walk.ts';

export const DOCKER_SOCKET = '/var/run/docker.sock';
const TIMEOUT_MS = 5000;
const MAX_BYTES = 64 * 1024;
const FORWARDING =
  'Let sshd forward sockets: AllowStreamLocalForwarding yes (and no DisableForwarding) in /etc/ssh/sshd_config, then reload it.';
const RUNNING = 'Look at it there: sudo systemctl status docker.';

const Version = z.object({ Version: z.string().max(100), ApiVersion: z.string().max(20) });

export const checkDocker = async (link: NodeLink, socketPath = DOCKER_SOCKET): Promise<Finding> => {
  let answer: string;
  try {
    const stream = await link.dialUnix(socketPath);
    stream.on('error', () => undefined); // shows where it is read
    stream.write('GET /version HTTP/1.0\r\nHost: docker\r\n\r\n');
    answer = await readSome(stream, { maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    const isRefused = error instanceof AppError && error.code === 'docker_unavailable';
    return failed(messageOf(error), isRefused ? RUNNING : FORWARDING);
  }
  try {
    const { Version: version, ApiVersion: api } = Version.parse(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''));
    return ok(`Docker ${version}, API ${api}.`);
  } catch {
    return failed(`Docker gave no answer that can be understood (${answer.length} characters).`, RUNNING);
  }
};
