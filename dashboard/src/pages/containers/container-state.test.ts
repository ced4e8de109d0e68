import { expect, test } from 'vitest';
import { needsAttention, publishedPorts, stateDetail, stateTone, stateWords } from './container-state.ts';

test.each([
  [{ state: 'running', health: 'healthy', exitCode: null }, 'Running', 'success'],
  [{ state: 'running', health: 'unhealthy', exitCode: null }, 'Unhealthy', 'danger'],
  [{ state: 'running', health: 'starting', exitCode: null }, 'Starting', 'warning'],
  [{ state: 'exited', health: 'none', exitCode: 0 }, 'Exited', 'off'],
  [{ state: 'exited', health: 'none', exitCode: 3 }, 'Exited (3)', 'danger'],
  [{ state: 'exited', health: 'none', exitCode: 137 }, 'Exited (137)', 'off'],
] as const)('%j reads %s in tone %s', (container, words, tone) => {
  expect([stateWords(container), stateTone(container)]).toEqual([words, tone]);
});

test.each([
  ['Up 2 hours (healthy)', 'Up 2 hours'],
  ['Up About a minute (health: starting)', 'Up About a minute'],
  ['Up 3 days (Paused)', 'Up 3 days'],
  ['Exited (137) 3 days ago', '3 days ago'],
  ['Restarting (1) 5 seconds ago', '5 seconds ago'],
  ['Restarting 4 seconds ago', '4 seconds ago'],
  ['Created', ''],
])('beside the state, "%s" adds "%s"', (status, detail) => {
  expect(stateDetail({ status })).toBe(detail);
});

test('a container in a restart loop needs attention, one that somebody stopped does not', () => {
  const container = { health: 'none', exitCode: 143 } as Parameters<typeof needsAttention>[0];
  expect(needsAttention({ ...container, state: 'restarting' })).toBe(true);
  expect(needsAttention({ ...container, state: 'exited' })).toBe(false);
});

test('a port bound to both address families is named once, an exposed one not at all', () => {
  const port = { hostPort: 8080, containerPort: 80, protocol: 'tcp' };
  expect(
    publishedPorts([
      { ...port, hostIp: '0.0.0.0' },
      { ...port, hostIp: '::' },
      { hostIp: null, hostPort: null, containerPort: 443, protocol: 'tcp' },
    ]),
  ).toEqual(['8080 → 80/tcp']);
});
