import type { NodeDetail } from '@serverbox/contract/nodes';
import type { NodeWay } from '@serverbox/contract/ways';
import { expect, test } from 'vitest';
import { fakeClock } from '../../lib/clock.ts';
import { FACTS } from '../metrics/testing.ts';
import { agentSteps, reportSteps } from './agent-way.ts';
import { walk } from './walk.ts';

const NOON = new Date('2026-03-01T12:00:00Z');
const ago = (ms: number) => new Date(NOON.getTime() - ms).toISOString();
const way = (more: Partial<NodeWay>): NodeWay => ({
  ...{ way: 'agent', state: 'up', isInUse: true, text: 'The agent is connected', since: ago(3 * 3_600_000) },
  ...more,
});
const node = (more: Partial<NodeDetail> = {}) =>
  ({
    ...{ facts: { ...FACTS, dockerVersion: '27.3.1' }, services: ['metrics', 'docker:write', 'exec', 'terminal'] },
    ...{ clockSkewMs: 20, conflict: null, reading: null },
    ...more,
  }) as NodeDetail;

const check = async (given: NodeWay, known: NodeDetail) => {
  const steps = agentSteps(given, known, undefined, NOON.getTime());
  const hops = await walk({ clock: fakeClock(NOON), signal: new AbortController().signal }, 'agent', steps);
  return (name: string) => hops.find(({ hop }) => hop === name);
};

test('an agent that is well says since when, and what its owner permits', async () => {
  const hop = await check(way({}), node());
  for (const name of ['token', 'clock', 'docker', 'agent']) expect(hop(name), name).toMatchObject({ result: 'ok' });
  expect(hop('agent')?.text).toBe('The agent 0.1.0 has been connected for 3 hours.');
  const strict = await check(way({}), node({ services: ['metrics'] }));
  expect(strict('agent')?.text).toContain('does not permit: docker:read, docker:write, exec, terminal');
  expect(strict('docker')?.result).toBe('skipped');
});

test('a refused credential, a copied identity and a missing agent each say what mends them', async () => {
  const refused = await check(way({ state: 'blocked', text: 'The credential does not hold.' }), node());
  expect(refused('token')).toMatchObject({ result: 'failed', advice: expect.stringContaining('Enrol') });
  const copied = await check(way({}), node({ conflict: 'Two machines use the identity.' }));
  expect(copied('token')).toMatchObject({ result: 'failed', text: 'Two machines use the identity.' });
  const gone = await check(
    way({ state: 'down', text: 'The agent is not connected', since: null }),
    node({ reading: { value: {} as never, observedAt: ago(7_200_000), source: 'agent' } }),
  );
  expect(gone('agent')).toMatchObject({
    result: 'failed',
    text: 'The agent is not connected. Last heard 2 hours ago.',
    advice: expect.stringContaining('systemctl status serverbox-agent'),
  });
});

test('what is wrong with clock and Docker is told as the agent saw it', async () => {
  const hop = await check(
    way({}),
    node({ clockSkewMs: -600_000, facts: { ...FACTS, dockerVersion: null, dockerProblem: 'Docker is not running.' } }),
  );
  expect(hop('clock')).toMatchObject({ result: 'warning', text: expect.stringContaining('10 minutes behind') });
  expect(hop('docker')).toMatchObject({ result: 'failed', text: 'Docker is not running.' });
});

test('a push script that has stopped is told with its age', async () => {
  const steps = reportSteps(
    way({ way: 'push', state: 'down', text: 'No report', since: ago(600_000) }),
    NOON.getTime(),
  );
  const [hop] = await walk({ clock: fakeClock(NOON), signal: new AbortController().signal }, 'push', steps);
  expect(hop).toMatchObject({
    result: 'failed',
    text: 'No report (10 minutes ago)',
    advice: expect.stringContaining('push script'),
  });
});
