// @vitest-environment node
import { CONTAINER_ACTIONS } from '@serverbox/contract/containers';
import { expect, test } from 'vitest';
import { asksFirst, consequencesOf, toneOf } from './act-rule.ts';

const aTarget = (ports: readonly (number | null)[] = []) => ({
  name: 'web',
  state: 'running' as const,
  nodeName: 'atlas',
  ports: ports.map((hostPort) => ({ hostIp: null, hostPort, containerPort: 80, protocol: 'tcp' as const })),
});

test('whatever ends processes is asked about, and nothing else', () => {
  expect(CONTAINER_ACTIONS.filter((action) => asksFirst(action, 'running')).sort()).toEqual([
    'kill',
    'remove',
    'restart',
    'stop',
  ]);
});

test('nothing ends when a stopped container is restarted, but what is removed is gone', () => {
  expect(CONTAINER_ACTIONS.filter((action) => asksFirst(action, 'exited'))).toEqual(['remove']);
  const [line] = consequencesOf('restart', [{ ...aTarget([8080]), state: 'exited' }]);
  expect(line).toEqual({ text: 'web on atlas is started.' });
});

test('only what brings itself back is confirmed by Enter', () => {
  expect(CONTAINER_ACTIONS.filter((action) => toneOf(action) === 'danger').sort()).toEqual(['kill', 'remove', 'stop']);
});

test('the question says what stops, for how long, and on which ports nobody answers', () => {
  const texts = (action: 'stop' | 'restart' | 'remove', ports?: number[]) =>
    consequencesOf(action, [aTarget(ports)]).map(({ text }) => text);
  expect(texts('stop', [8080, 8080, 8443])).toEqual([
    'web on atlas stops until it is started again. Nothing answers on port 8080, 8443 meanwhile.',
  ]);
  expect(texts('restart')).toEqual(['web on atlas stops until it is up again.']);
  expect(texts('remove', [8080])).toEqual(['web on atlas is removed for good. Nothing answers on port 8080.']);
});

test('a port that is only exposed is nobody’s loss', () => {
  expect(consequencesOf('stop', [aTarget([null])])[0]?.text).not.toContain('port');
});
