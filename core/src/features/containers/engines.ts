/** The Docker engines behind the links of this core: opened when first asked for, closed with the link. */
import type { NodeId } from '@serverbox/contract/ids';
import { WAY_CAPABILITIES } from '@serverbox/contract/ways';
import type { DockerAccess } from '../../lib/docker/access.ts';
import { openDocker } from '../../lib/docker/access.ts';
import { AppError, messageOf } from '../../lib/errors.ts';
import type { NodeLink, NodeLinks } from '../../lib/link/link.ts';
import type { Log } from '../../lib/log.ts';

type Operable = Extract<DockerAccess, { can: 'operate' }>;

export interface Engines {
  /** @throws AppError `node_unreachable` | `refused_by_policy` | `not_supported` where containers are only reported */
  get(nodeId: NodeId): DockerAccess;
  /** @throws AppError `node_unreachable` | `refused_by_policy` also where the node's owner permits watching only */
  getOperable(nodeId: NodeId): Operable;
}

/** `isReported`: whether the node tells of its containers without being asked, so that a missing link is no outage. */
export const createEngines = (links: NodeLinks, log: Log, isReported: (nodeId: NodeId) => boolean): Engines => {
  const opened = new WeakMap<NodeLink, DockerAccess>();

  const getLink = (nodeId: NodeId): NodeLink => {
    const refusal = WAY_CAPABILITIES.push['containers.operate'];
    if (refusal !== null && links.find(nodeId) === undefined && isReported(nodeId))
      throw new AppError('not_supported', refusal);
    return links.get(nodeId);
  };

  const get = (nodeId: NodeId): DockerAccess => {
    const link = getLink(nodeId);
    const known = opened.get(link);
    if (known !== undefined) return known;
    const access = openDocker(link, log.with({ nodeId }));
    opened.set(link, access);
    const close = () => {
      access.close().catch((error: unknown) => {
        // The connections under it are gone already; nothing is left to be done.
        log.debug('docker connections did not close cleanly', { nodeId, problem: messageOf(error) });
      });
    };
    link.closed.addEventListener('abort', close, { once: true });
    return access;
  };

  return {
    get,
    getOperable: (nodeId) => {
      const access = get(nodeId);
      if (access.can === 'operate') return access;
      throw new AppError('refused_by_policy', "This node's policy lets Server Box watch containers, not change them.");
    },
  };
};
