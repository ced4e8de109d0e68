/** Decides once what may be done with Docker on a node. Nobody else looks at the transport or the node's policy. */
import { AppError } from '../errors.ts';
import type { NodeLink } from '../link/link.ts';
import type { Log } from '../log.ts';
import type { DockerReads, DockerWrites } from './client.ts';
import { createDockerReads, createDockerWrites } from './client.ts';
import { createEngineHttp } from './engine-http.ts';
import type { DockerShells } from './shell.ts';
import { createDockerShells } from './shell.ts';

const DOCKER_SOCKET = '/var/run/docker.sock';

/** Close it: it holds connections to the engine. */
export type DockerAccess =
  | { can: 'operate'; reads: DockerReads; writes: DockerWrites; shells: DockerShells; close(): Promise<void> }
  | { can: 'watch'; reads: DockerReads; because: 'agent_policy'; close(): Promise<void> };

/**
 * Opens nothing yet: the first call connects.
 * @throws AppError `refused_by_policy` when the node's owner permits no look at Docker
 */
export const openDocker = (link: NodeLink, log: Log): DockerAccess => {
  const canOperate = link.services.includes('docker:write');
  if (!canOperate && !link.services.includes('docker:read')) {
    throw new AppError('refused_by_policy', "This node's policy does not let Server Box look at Docker.");
  }
  const http = createEngineHttp(() => link.dialUnix(DOCKER_SOCKET));
  const reads = createDockerReads(http);
  if (!canOperate) return { can: 'watch', reads, because: 'agent_policy', close: http.close };
  return {
    can: 'operate',
    reads,
    writes: createDockerWrites(http),
    shells: createDockerShells(http, log),
    close: http.close,
  };
};
