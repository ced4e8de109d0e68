/** The connection doctor: tries every way to a node, hop by hop, and says at each what was found and what mends it. */
import type { DoctorHop, DoctorReport } from '@serverbox/contract/doctor';
import type { NodeId } from '@serverbox/contract/ids';
import type { NodeDetail } from '@serverbox/contract/nodes';
import type { NodeWay } from '@serverbox/contract/ways';
import { WAY_NAMES } from '@serverbox/contract/ways';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { LinkRegistry } from '../../lib/link/links.ts';
import type { Log } from '../../lib/log.ts';
import type { Principal } from '../../middleware/ports.ts';
import type { Nodes } from '../nodes/service.ts';
import type { Ssh } from '../ssh/service.ts';
import { agentSteps, reportSteps } from './agent-way.ts';
import { sshSteps } from './ssh-way.ts';
import type { Step } from './walk.ts';
import { walk } from './walk.ts';

export interface DoctorDeps {
  nodes: Pick<Nodes, 'get'>;
  ssh: Pick<Ssh, 'get' | 'probe'>;
  links: Pick<LinkRegistry, 'findVia'>;
  /** `SERVERBOX_PUBLIC_URL`. */
  publicUrl: string | undefined;
  clock: Clock;
  log: Log;
}

export interface Doctor {
  /** Takes 20 s at most; may dial the node. Never rejects for what is wrong with the node. @throws AppError `not_found` */
  check(principal: Principal, nodeId: NodeId, signal: AbortSignal): Promise<DoctorReport>;
}

const TOTAL_MS = 20_000;
const NO_WAY = 'No way leads to this node yet: install the agent, or add SSH access.';

/** One sentence: the first failure of the best way, or that all is well. */
export const verdictOf = (hops: readonly DoctorHop[]): string => {
  if (hops.length === 0) return NO_WAY;
  const broken = hops.find(({ result }) => result === 'failed');
  if (broken !== undefined) return `${WAY_NAMES[broken.way]}: ${broken.text}`;
  const names = [...new Set(hops.map(({ way }) => WAY_NAMES[way]))].join(' and ');
  const hints = hops.filter(({ result }) => result === 'warning').length;
  const rest = hints === 0 ? '' : `, with ${hints} thing${hints === 1 ? '' : 's'} to mend`;
  return `All well by ${names}${rest}`;
};

export const createDoctor = (deps: DoctorDeps): Doctor => {
  const { clock, log, links, nodes, ssh, publicUrl } = deps;
  const findLink = (nodeId: NodeId) => links.findVia(nodeId, 'ssh');

  const stepsOf = async (node: NodeDetail, way: NodeWay): Promise<Step[]> => {
    const nowMs = clock.now().getTime();
    switch (way.way) {
      case 'ssh':
        return sshSteps({ ssh, findLink, clock }, node.id);
      case 'agent':
        return agentSteps(way, node, publicUrl, nowMs);
      default:
        return reportSteps(way, nowMs);
    }
  };
  const checkWay = async (node: NodeDetail, way: NodeWay, signal: AbortSignal): Promise<DoctorHop[]> => {
    try {
      return await walk({ clock, signal }, way.way, await stepsOf(node, way));
    } catch (error) {
      // The access was removed while it was looked at: that way is no more.
      log.info('a way was not checked', { nodeId: node.id, way: way.way, reason: messageOf(error) });
      return [];
    }
  };
  return {
    check: async (principal, nodeId, signal) => {
      const node = await nodes.get(principal, nodeId);
      const ends = AbortSignal.any([signal, AbortSignal.timeout(TOTAL_MS)]);
      const hops = (await Promise.all(node.ways.map((way) => checkWay(node, way, ends)))).flat();
      return { nodeId, at: clock.now().toISOString(), hops, verdict: verdictOf(hops) };
    },
  };
};
