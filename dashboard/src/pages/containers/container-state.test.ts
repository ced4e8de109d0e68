import { expect, test } from 'vitest';
import { needsAttention, publishedPorts, stateTone, stateWords } from './container-state.ts';

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
