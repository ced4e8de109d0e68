/** Whether a node is there to be judged by its measurements and, where it is not, what is known instead. Pure. */
import type { NodeWay, Way } from '@serverbox/contract/ways';
import { HOST_KEY_CHANGED } from '@serverbox/contract/ways';
import { durationText } from '../../lib/duration-text.ts';
import type { Quiet } from './silence.ts';
import type { Verdict } from './status.ts';

export interface Presence extends Quiet {
  nowMs: number;
  /** How long this core has been running: agents need a moment to come back after a restart. */
  upMs: number;
  /** How often a measurement is to come, where that is known to be slower than usual. */
  everyMs: number | undefined;
  isLinked: boolean;
  /** Whether the node's owner lets it be measured at all. */
  mayReport: boolean;
  /** In the order of the ladder. */
  ways: readonly NodeWay[];
}

/** Six times the idle pace: a few lost samples are not an outage. */
const OFFLINE_AFTER_MS = 30_000;
/** An agent on the long-poll sends its samples together. */
const POLL_SILENT_AFTER_MS = 90_000;
const MISSED_SAMPLES = 3;
/** As long as the slowest agent waits before it comes back to a core that was away. */
const GRACE_MS = 60_000;
/** A node that is wanted is tried more often than this; a failure that is older says little about now. */
const RECENT_TRY_MS = 300_000;

const findWay = (ways: readonly NodeWay[], way: Way): NodeWay | undefined => ways.find((one) => one.way === way);
const ageOf = ({ since }: NodeWay, nowMs: number): number =>
  since === null ? 0 : Math.max(0, nowMs - Date.parse(since));

/** Lost measurements and a link that is being made anew do not add up to an outage: each has the whole time. */
const isSilent = ({ silentMs, goneMs, isLinked, everyMs, ways }: Presence): boolean => {
  const isPolled = ways.some(({ way, isInUse }) => way === 'poll' && isInUse);
  const usualMs = isPolled ? POLL_SILENT_AFTER_MS : OFFLINE_AFTER_MS;
  const quietMs = isLinked || isPolled ? silentMs : silentMs && Math.min(silentMs, goneMs);
  return quietMs === undefined || quietMs >= Math.max(usualMs, MISSED_SAMPLES * (everyMs ?? 0));
};

/** Something answers, but does not measure: that is no outage, and nothing is known of its health. */
const whileConnected = ({ silentMs }: Presence): Verdict => {
  if (silentMs === undefined) return { state: 'unknown', reason: 'No measurement has come yet' };
  return { state: 'unknown', reason: `Connected, but no measurements for ${durationText(silentMs)}` };
};

/** An agent is to be there by itself: that it is not is an outage, except in the first moments of the core. */
const withoutAgent = ({ silentMs, upMs }: Presence): Verdict => {
  if (silentMs === undefined) return { state: 'unknown', reason: 'No measurement has come yet' };
  if (upMs < GRACE_MS) return { state: 'unknown', reason: 'Server Box has just started and waits for the node' };
  return { state: 'offline', reason: `Nothing heard for ${durationText(silentMs)}` };
};

const bySsh = (ssh: NodeWay, { silentMs, nowMs }: Presence): Verdict => {
  if (ssh.state === 'blocked') return { state: 'unknown', reason: ssh.text };
  const ageMs = ageOf(ssh, nowMs);
  if (ssh.state === 'down' && ageMs < RECENT_TRY_MS) return { state: 'offline', reason: ssh.text };
  if (ssh.state === 'down') {
    return { state: 'unknown', reason: `Nobody is looking; when last tried, ${durationText(ageMs)} ago: ${ssh.text}` };
  }
  const seen = silentMs === undefined ? 'not seen yet' : `last seen ${durationText(silentMs)} ago`;
  return { state: 'unknown', reason: `Nobody is looking; ${seen}` };
};

const byPush = (push: NodeWay, nowMs: number): Verdict => {
  if (push.since === null) return { state: 'unknown', reason: push.text };
  return { state: 'offline', reason: `No report for ${durationText(ageOf(push, nowMs))}` };
};

const whileGone = (presence: Presence): Verdict => {
  const { ways, silentMs, nowMs } = presence;
  const [agent, ssh, poll, push] = (['agent', 'ssh', 'poll', 'push'] as const).map((way) => findWay(ways, way));
  if (agent?.state === 'blocked') {
    return { state: silentMs === undefined ? 'unknown' : 'offline', reason: agent.text };
  }
  if (agent !== undefined || poll !== undefined) return withoutAgent(presence);
  if (ssh !== undefined) return bySsh(ssh, presence);
  if (push !== undefined) return byPush(push, nowMs);
  if (silentMs === undefined) return { state: 'unknown', reason: 'No way leads to this node yet' };
  return { state: 'offline', reason: `Nothing heard for ${durationText(silentMs)}` };
};

/** Undefined when the node is there and its measurements are to be judged. */
export const absence = (presence: Presence): Verdict | undefined => {
  const { ways, isLinked, mayReport } = presence;
  const inUse = ways.find((way) => way.isInUse);
  const ssh = findWay(ways, 'ssh');
  const isBlocked = ssh?.state === 'blocked' && ssh.text === HOST_KEY_CHANGED;
  if (isBlocked && !isLinked && inUse === undefined) return { state: 'critical', reason: HOST_KEY_CHANGED };
  if (inUse?.way === 'push' && !isLinked) return { state: 'online', reason: inUse.text };
  if (isLinked && !mayReport) return { state: 'online', reason: 'Connected; the node does not permit metrics' };
  if (!isSilent(presence)) return undefined;
  return isLinked || inUse !== undefined ? whileConnected(presence) : whileGone(presence);
};
