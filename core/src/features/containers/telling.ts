/** Hands activities on, in order and not without bound: a container that crashes in a loop must not drown the rest. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Activity } from '@serverbox/contract/nodes';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';

type NewActivity = Pick<Activity, 'kind' | 'subject' | 'actor' | 'text'>;

const WINDOW_MS = 60_000;
/** Of one node within the window. What a user did is always told. */
const MAX_IN_WINDOW = 300;

export interface Telling {
  tell(nodeId: NodeId, activity: NewActivity): void;
}

export const createTelling = ({
  clock,
  log,
  recordActivity,
}: {
  clock: Clock;
  log: Log;
  recordActivity(nodeId: NodeId, activity: NewActivity): Promise<void>;
}): Telling => {
  const windows = new Map<NodeId, { beganMs: number; count: number }>();
  let queue: Promise<void> = Promise.resolve();

  const isWithinBound = (nodeId: NodeId): boolean => {
    const nowMs = clock.monotonicMs();
    const known = windows.get(nodeId);
    const window = known === undefined || nowMs - known.beganMs > WINDOW_MS ? { beganMs: nowMs, count: 0 } : known;
    window.count += 1;
    windows.set(nodeId, window);
    if (window.count === MAX_IN_WINDOW + 1)
      log.warn('container activity was left out', { nodeId, perMinute: MAX_IN_WINDOW });
    return window.count <= MAX_IN_WINDOW;
  };

  return {
    tell: (nodeId, activity) => {
      if (!isWithinBound(nodeId) && activity.actor === null) return;
      queue = queue
        .then(() => recordActivity(nodeId, activity))
        .catch((error: unknown) => {
          // The story has a gap; the audit trail, which is the proof, is written elsewhere.
          log.warn('container activity was not recorded', { nodeId, kind: activity.kind, error });
        });
    },
  };
};
