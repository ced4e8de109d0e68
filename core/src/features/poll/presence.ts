/** Which nodes ask by long-poll: those that were heard of a moment ago. In memory, told among the cores by the bus. */
import type { NodeId } from '@serverbox/contract/ids';
import { IDLE_INTERVAL_MS } from '@serverbox/contract/metrics';
import type { NodeWay } from '@serverbox/contract/ways';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';

export interface Presence {
  heard(nodeId: NodeId): void;
  wayOf(nodeId: NodeId): Omit<NodeWay, 'isInUse'> | undefined;
  forget(nodeId: NodeId): void;
  start(): void;
  stop(): void;
}

interface Heard {
  sinceAt: Date;
  lastAt: Date;
  isUp: boolean;
}

/** Three heartbeats missed. */
export const SILENT_AFTER_MS = 3 * IDLE_INTERVAL_MS;
const SWEEP_MS = 2000;

export interface PresenceDeps {
  bus: Pick<Bus, 'publish' | 'subscribe'>;
  clock: Clock;
  /** On this core alone, when the node begins to ask and when it has stopped. */
  onChange(nodeId: NodeId, isUp: boolean): void;
}

export const createPresence = ({ bus, clock, onChange }: PresenceDeps): Presence => {
  const known = new Map<NodeId, Heard>();
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe: (() => void) | undefined;
  const isSilent = ({ lastAt }: Heard): boolean => clock.now().getTime() - lastAt.getTime() > SILENT_AFTER_MS;

  const note = (nodeId: NodeId): void => {
    const now = clock.now();
    const before = known.get(nodeId);
    const isNews = before === undefined || !before.isUp || isSilent(before);
    known.set(nodeId, { sinceAt: isNews ? now : before.sinceAt, lastAt: now, isUp: true });
    if (isNews) onChange(nodeId, true);
  };
  const sweep = (): void => {
    for (const [nodeId, heard] of known) {
      if (!heard.isUp || !isSilent(heard)) continue;
      heard.isUp = false;
      onChange(nodeId, false);
    }
  };

  return {
    heard: (nodeId) => bus.publish('node.polled', { nodeId }),
    wayOf: (nodeId) => {
      const heard = known.get(nodeId);
      if (heard === undefined) return undefined;
      if (!heard.isUp || isSilent(heard)) {
        const since = heard.lastAt.toISOString();
        return { way: 'poll', state: 'down', text: 'The agent has stopped asking by long-poll', since };
      }
      const text = 'The agent asks by long-poll: WebSockets do not get through';
      return { way: 'poll', state: 'up', text, since: heard.sinceAt.toISOString() };
    },
    forget: (nodeId) => void known.delete(nodeId),
    start: () => {
      unsubscribe = bus.subscribe('node.polled', ({ nodeId }) => note(nodeId));
      timer = setInterval(sweep, SWEEP_MS).unref();
    },
    stop: () => {
      clearInterval(timer);
      unsubscribe?.();
    },
  };
};
