import { expect, test } from 'vitest';
import { fakeClock } from '../../lib/clock.ts';
import { judgeClock, judgeCompose, judgeInstallable, judgeShell, judgeSocket, judgeUser } from './machine.ts';
import { oneLine } from './one-line.ts';
import { verdictOf } from './service.ts';
import type { Step } from './walk.ts';
import { failed, ok, walk } from './walk.ts';

const NOON = new Date('2026-03-01T12:00:00Z');
const survey = (entries: Record<string, string>) => new Map(Object.entries(entries));
const walkNow = (steps: Step[], signal = new AbortController().signal) =>
  walk({ clock: fakeClock(NOON), signal }, 'ssh', steps);

test('a hop that fails takes those with it that need it, and no other', async () => {
  const hops = await walkNow([
    { hop: 'dns', advice: 'a', check: () => failed('no such name', 'mend the name') },
    { hop: 'tcp', advice: 'b', needs: ['dns'], check: () => ok('never') },
    { hop: 'host_key', advice: 'c', needs: ['tcp'], check: () => ok('never') },
    { hop: 'agent', advice: 'd', check: () => ok('here') },
  ]);
  expect(hops.map(({ hop, result }) => [hop, result])).toEqual([
    ['dns', 'failed'],
    ['tcp', 'skipped'],
    ['host_key', 'skipped'],
    ['agent', 'ok'],
  ]);
  expect(hops[0]?.advice).toBe('mend the name');
  expect(verdictOf(hops)).toBe('SSH: no such name');
});

test('a hop that throws has failed with its sentence and its advice', async () => {
  const [hop] = await walkNow([
    { hop: 'tcp', advice: 'open the port', check: () => Promise.reject(new Error('refused')) },
  ]);
  expect(hop).toMatchObject({ result: 'failed', text: 'refused', advice: 'open the port' });
});

test('when the time for everything is over the hop that hangs has failed and the rest says that it was not tried', async () => {
  const ending = new AbortController();
  setTimeout(() => ending.abort(), 50);
  const hops = await walkNow(
    [
      { hop: 'tcp', advice: 'wait', check: () => new Promise(() => undefined) },
      { hop: 'agent', advice: 'wait', check: () => ok('never') },
    ],
    ending.signal,
  );
  expect(hops.map(({ result }) => result)).toEqual(['failed', 'skipped']);
  expect(hops[1]?.text).toContain('time for the whole check');
});

test('P8: what a machine prints becomes one short line without control characters', () => {
  expect(oneLine('\x1b[31mred\x1b[0m\n\n\u202Eevil\u0000 text\t')).toBe('[31mred [0m evil text');
  expect(oneLine('x'.repeat(1_000_000))).toHaveLength(400);
});

test('a login shell that prints a banner is told to be quiet, one that runs nothing has failed', () => {
  expect(judgeShell('serverbox-shell-works\n').result).toBe('ok');
  expect(judgeShell('Welcome to web-1!\nserverbox-shell-works\n')).toMatchObject({
    result: 'warning',
    text: expect.stringContaining('Welcome to web-1!'),
    advice: expect.stringContaining('.bashrc'),
  });
  expect(judgeShell('This account is currently not available.\n')).toMatchObject({ result: 'failed' });
  expect(judgeShell('')).toMatchObject({ result: 'failed', text: expect.stringContaining('nothing') });
});

test('the user is told with what it may do', () => {
  expect(judgeUser(survey({ user: 'root', uid: '0' })).text).toBe('Signed in as root, who may do everything.');
  expect(judgeUser(survey({ user: 'deploy', uid: '1000', groups: 'deploy docker', sudo: 'yes' })).text).toBe(
    'Signed in as deploy, who is in the group docker and may use sudo without a password.',
  );
  expect(judgeUser(survey({})).result).toBe('failed');
});

test('a socket that may not be used names the group and the command', () => {
  expect(judgeSocket(survey({ user: 'deploy', socket: 'forbidden', owner: 'docker' }))).toEqual({
    result: 'failed',
    text: '/var/run/docker.sock belongs to the group docker, and deploy is not in it.',
    advice: 'sudo usermod -aG docker deploy — then connect anew. Whoever is in it has the rights of root.',
  });
  expect(judgeSocket(survey({ socket: 'absent' }))).toMatchObject({
    result: 'failed',
    advice: expect.stringContaining('Install Docker'),
  });
});

test('a clock that is off is a warning that says by how much', () => {
  const at = NOON.getTime();
  expect(judgeClock(survey({ date: String(at / 1000) }), at).result).toBe('ok');
  expect(judgeClock(survey({ date: String(at / 1000 - 7200) }), at)).toMatchObject({
    result: 'warning',
    text: 'The clock is 119 minutes behind that of Server Box.',
  });
  expect(judgeClock(survey({ date: 'now' }), at).result).toBe('skipped');
});

test('compose and room for an agent are judged by what the machine says', () => {
  expect(judgeCompose(survey({ compose: 'v2.29.1' })).text).toBe('Compose 2.29.1.');
  expect(judgeCompose(survey({ compose: "docker: 'compose' is not a docker command." })).result).toBe('warning');
  const linux = { system: 'Linux x86_64', services: 'OpenRC' };
  expect(judgeInstallable(survey({ ...linux, uid: '0' })).result).toBe('ok');
  expect(judgeInstallable(survey({ ...linux, uid: '1000' }))).toMatchObject({ result: 'warning' });
  expect(judgeInstallable(survey({ system: 'Linux x86_64', uid: '0' }))).toMatchObject({ result: 'warning' });
  expect(judgeInstallable(survey({ system: 'FreeBSD amd64' })).result).toBe('skipped');
});
