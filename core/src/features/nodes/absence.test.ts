import type { NodeWay } from '@serverbox/contract/ways';
import { HOST_KEY_CHANGED } from '@serverbox/contract/ways';
import { expect, test } from 'vitest';
import type { StatusInput } from './status.ts';
import { nodeStatus } from './status.ts';

const NOW = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

const way = (name: NodeWay['way'], state: NodeWay['state'], more: { text?: string; agoMs?: number } = {}): NodeWay => ({
  way: name,
  state,
  isInUse: state === 'up',
  text: more.text ?? 'as it is',
  since: more.agoMs === undefined ? null : new Date(NOW - more.agoMs).toISOString(),
});
const status = (given: Partial<StatusInput>) =>
  nodeStatus({
    nowMs: NOW,
    upMs: 3_600_000,
    silentMs: undefined,
    goneMs: given.silentMs ?? 0,
    everyMs: undefined,
    isLinked: false,
    mayReport: true,
    ways: [],
    readings: [],
    detail: undefined,
    cpuCores: 2,
    conflict: null,
    ...given,
  });
const linked = { isLinked: true, silentMs: 1000 };
const changed = { text: HOST_KEY_CHANGED };

const cases: [string, Partial<StatusInput>, string, string][] = [
  ['no way leads there', {}, 'unknown', 'No way leads to this node yet'],
  [
    'nobody looks at a node with SSH access',
    { ways: [way('ssh', 'asleep')], silentMs: 12 * MINUTE },
    'unknown',
    'Nobody is looking; last seen 12 minutes ago',
  ],
  ['nobody ever looked at it', { ways: [way('ssh', 'asleep')] }, 'unknown', 'Nobody is looking; not seen yet'],
  [
    'somebody looked a moment ago',
    { ways: [way('ssh', 'asleep')], silentMs: 5000 },
    'online',
    'All measurements are within their limits',
  ],
  [
    'a dial has just failed',
    { ways: [way('ssh', 'down', { text: 'The connection was refused.', agoMs: 20_000 })], silentMs: 10 * MINUTE },
    'offline',
    'The connection was refused.',
  ],
  [
    'a dial failed long ago and nobody has tried since',
    { ways: [way('ssh', 'down', { text: 'Refused.', agoMs: 60 * MINUTE })], silentMs: 90 * MINUTE },
    'unknown',
    'Nobody is looking; when last tried, 60 minutes ago: Refused.',
  ],
  [
    'the host key waits for a yes',
    { ways: [way('ssh', 'blocked', { text: 'The host key waits to be accepted' })] },
    'unknown',
    'The host key waits to be accepted',
  ],
  [
    'the host key has changed',
    { ways: [way('ssh', 'blocked', changed)], silentMs: 1000 },
    'critical',
    HOST_KEY_CHANGED,
  ],
  [
    'the host key has changed while the agent is there',
    { ...linked, ways: [way('agent', 'up'), way('ssh', 'blocked', changed)] },
    'warning',
    `SSH access is blocked: ${HOST_KEY_CHANGED}`,
  ],
  [
    'two machines are one node',
    { ...linked, ways: [way('agent', 'up')], conflict: 'Two machines use this identity.' },
    'warning',
    'Two machines use this identity.',
  ],
  [
    'the agent was turned away',
    { ways: [way('agent', 'blocked', { text: 'The credential does not hold.' })], silentMs: 2 * MINUTE },
    'offline',
    'The credential does not hold.',
  ],
  [
    'the agent is gone, and SSH has not been tried',
    { ways: [way('agent', 'down'), way('ssh', 'asleep')], silentMs: 2 * MINUTE },
    'offline',
    'Nothing heard for 2 minutes',
  ],
  [
    'the link was lost a moment ago and some measurements before that',
    { ways: [way('agent', 'down')], silentMs: 40_000, goneMs: 25_000 },
    'online',
    'All measurements are within their limits',
  ],
  [
    'the core has just started',
    { ways: [way('agent', 'down')], silentMs: 10 * MINUTE, upMs: 59_000 },
    'unknown',
    'Server Box has just started and waits for the node',
  ],
  [
    'a node is measured each minute over SSH',
    { isLinked: true, ways: [way('ssh', 'up')], silentMs: 100_000, everyMs: MINUTE },
    'online',
    'All measurements are within their limits',
  ],
  [
    'an agent on the long-poll sends its samples together',
    { ways: [way('poll', 'up')], silentMs: 60_000 },
    'online',
    'All measurements are within their limits',
  ],
  [
    'an agent on the long-poll asks but measures nothing',
    { ways: [way('poll', 'up')], silentMs: 3 * MINUTE },
    'unknown',
    'Connected, but no measurements for 3 minutes',
  ],
  [
    'an agent on the long-poll has stopped asking',
    { ways: [way('poll', 'down', { agoMs: 4 * MINUTE })], silentMs: 4 * MINUTE },
    'offline',
    'Nothing heard for 4 minutes',
  ],
  ['a push script reports', { ways: [way('push', 'up', { text: 'Reports' })], mayReport: false }, 'online', 'Reports'],
  [
    'a push script has stopped',
    { ways: [way('push', 'down', { agoMs: 5 * MINUTE })], mayReport: false },
    'offline',
    'No report for 5 minutes',
  ],
  [
    'a push script was never run',
    { ways: [way('push', 'down', { text: 'Has not reported yet' })], mayReport: false },
    'unknown',
    'Has not reported yet',
  ],
];
test.each(cases)('when %s the status says so', (_, given, state, reason) => {
  expect(status(given)).toEqual({ state, reason });
});
