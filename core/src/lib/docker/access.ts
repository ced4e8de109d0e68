/** Decides once what may be done with Docker on a node. Nobody else looks at the transport or the node's policy. */
import { AppError } from '../errors.ts';
import type { NodeLink } from '../link/link.ts';
import type { Log } from '../log.ts';
import type { DockerReads, DockerWrites } from './client.ts';
import { createDockerReads, createDockerWrites } from './client.ts';
import { dialDocker } from './dial.ts';
import { createEngineHttp } from './engine-http.ts';
import type { DockerShells } from './shell.ts';
import { createDockerShells } from './shell.ts';

/**
 * Close it: it holds connections to the engine. `watching` is for what goes on as long as the link does, and so must not be
 * what keeps the link.
 */
export type DockerAccess =
  | {
      can: 'operate';
      reads: DockerReads;
      watching: DockerReads;
      writes: DockerWrites;
      shells: DockerShells;
      close(): Promise<void>;
    }
  | { can: 'watch'; reads: DockerReads; watching: DockerReads; because: 'agent_policy'; close(): Promise<void> };

/**
 * Opens nothing yet: the first call connects.
 * @throws AppError `refused_by_policy` when the node's owner permits no look at Docker
 */
export const openDocker = (link: NodeLink, log: Log): DockerAccess => {
  const canOperate = link.services.includes('docker:write');
  if (!canOperate && !link.services.includes('docker:read')) {
    throw new AppError('refused_by_policy', "This node's policy does not let Server Box look at Docker.");
  }
  const http = createEngineHttp(() => dialDocker(link));
  const watchHttp = createEngineHttp(() => dialDocker(link, { isBackground: true }));
  const reads = createDockerReads(http);
  const watching = createDockerReads(watchHttp);
  const close = async (): Promise<void> => {
    await Promise.all([http.close(), watchHttp.close()]);
  };
  if (!canOperate) return { can: 'watch', reads, watching, because: 'agent_policy', close };
  return {
    can: 'operate',
    reads,
    watching,
    writes: createDockerWrites(http),
    shells: createDockerShells(http, log),
    close,
  };
};
