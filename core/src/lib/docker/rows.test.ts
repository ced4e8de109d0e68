import { expect, test } from 'vitest';
import { ContainerSummaries } from './replies.ts';
import { rowOf, statusWords } from './rows.ts';
import { ageWords, parseAgeMs } from './status-words.ts';

const READ_AT = new Date('2026-03-01T12:00:00Z');
const ID = 'ab'.repeat(32);
const rowFrom = (given: Record<string, unknown>) => {
  const [summary] = ContainerSummaries.parse([
    { Id: ID, Names: ['/web'], State: 'running', Status: 'Up 3 hours', ...given },
  ]);
  if (summary === undefined) throw new Error('no row');
  return rowOf(summary, READ_AT);
};

test('the age of a row goes on growing in the words of the engine', () => {
  const row = rowFrom({ Status: 'Up 3 hours (healthy)' });
  expect(row.health).toBe('healthy');
  expect(statusWords(row, READ_AT)).toBe('Up 3 hours (healthy)');
  expect(statusWords(row, new Date('2026-03-04T12:00:00Z'))).toBe('Up 3 days (healthy)');
});

test.each([
  ['Up Less than a second', 'running'],
  ['Up About a minute (unhealthy)', 'running'],
  ['Up 12 minutes (Paused)', 'paused'],
  ['Exited (137) About an hour ago', 'exited'],
  ['Exited (0) 6 weeks ago', 'exited'],
  ['Created', 'created'],
  ['Removal In Progress', 'removing'],
  ['Dead', 'dead'],
])('%s reads back as itself', (status, state) => {
  expect(statusWords(rowFrom({ Status: status, State: state }), READ_AT)).toBe(status);
});

test('every age in words means an age that is said with the same words', () => {
  for (let ms = 0; ms < 5 * 365 * 86_400_000; ms = ms * 1.07 + 500) {
    const words = ageWords(ms);
    expect(ageWords(parseAgeMs(words) ?? -1)).toBe(words);
  }
});

test('exit code, health since API 1.52, ports, project and the own name are taken from the list', () => {
  const row = rowFrom({
    Names: ['/other/alias', '/web'],
    State: 'exited',
    Status: 'Exited (3) 2 days ago',
    Health: { Status: 'unhealthy', FailingStreak: 3 },
    Ports: [
      { PrivatePort: 443, Type: 'tcp' },
      { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
    ],
    Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
  });
  expect(row).toMatchObject({ name: 'web', exitCode: 3, health: 'unhealthy', project: 'shop', service: 'web' });
  expect(row.ports).toEqual([
    { hostIp: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' },
    { hostIp: null, hostPort: null, containerPort: 443, protocol: 'tcp' },
  ]);
});

test('what Go writes as null is an empty list, and a state nobody knows is shown as dead', () => {
  const row = rowFrom({ Ports: null, Labels: null, Names: null, State: 'dreaming', Status: 'Dreaming' });
  expect(row).toMatchObject({ state: 'dead', ports: [], project: null, name: ID.slice(0, 12), sinceAt: null });
});

test('hostile lengths are bounded', () => {
  const row = rowFrom({
    Names: [`/${'n'.repeat(1e5)}`],
    Image: 'i'.repeat(1e5),
    Labels: { 'com.docker.compose.project': 'p'.repeat(1e5) },
  });
  expect(JSON.stringify(row).length).toBeLessThan(2000);
});
