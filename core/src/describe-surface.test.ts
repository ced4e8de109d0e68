import { expect, test } from 'vitest';
import type { SurfaceEntry } from './describe-surface.ts';
import { describeSurface } from './describe-surface.ts';

const surface = describeSurface();
const byKind = (...kinds: string[]) => surface.filter(({ kind }) => kinds.includes(kind));
const isLooking = ({ kind, audit }: SurfaceEntry) => kind === 'read' || (kind === 'stream' && audit === undefined);

test('AZ-1 what needs no sign-in is known by name', () => {
  expect(byKind('open').map(({ name }) => name)).toEqual([
    'agents.challenge',
    'agents.enroll',
    'auth.login',
    'auth.refresh',
    'auth.setup',
    'auth.setupState',
    'health.get',
  ]);
});

/** Everything that has an effect, or hands out more than the right to look, with what it asks for. */
const EFFECTS: Record<string, string> = {
  'auth.changePassword': 'self.manage',
  'auth.logout': 'self.manage',
  'auth.revokeOtherSessions': 'self.manage',
  'auth.revokeSession': 'self.manage',
  'auth.setPreferences': 'self.manage',
  'docker.containers.kill': 'containers.operate',
  'docker.containers.pause': 'containers.operate',
  'docker.containers.remove': 'containers.remove',
  'docker.containers.restart': 'containers.operate',
  'docker.containers.reveal': 'containers.reveal',
  'docker.containers.start': 'containers.operate',
  'docker.containers.stop': 'containers.operate',
  'docker.containers.unpause': 'containers.operate',
  'groups.create': 'nodes.manage',
  'groups.remove': 'nodes.manage',
  'groups.update': 'nodes.manage',
  'nodes.exec': 'nodes.exec',
  'nodes.remove': 'nodes.manage',
  'nodes.setFavourite': 'self.manage',
  'nodes.tagMany': 'nodes.manage',
  'nodes.update': 'nodes.manage',
  'onboarding.create': 'nodes.manage',
  'onboarding.installAgent': 'nodes.access',
  'onboarding.reenrol': 'nodes.access',
  'push.issueToken': 'nodes.access',
  'push.revokeTokens': 'nodes.access',
  'runs.cancel': 'nodes.exec',
  'runs.start': 'nodes.exec',
  'ssh.decideHostKey': 'nodes.access',
  'ssh.put': 'nodes.access',
  'ssh.remove': 'nodes.access',
  'ssh.setOptions': 'nodes.access',
  'WS /api/nodes/{nodeId}/containers/{containerId}/exec': 'containers.exec',
  'WS /api/nodes/{nodeId}/terminal': 'nodes.terminal',
};

test('AZ-1 AU-1 every effect asks for its own permission and is audited', () => {
  const effects = surface.filter((entry) => !isLooking(entry) && !['open', 'agent'].includes(entry.kind));
  expect(Object.fromEntries(effects.map(({ name, permission }) => [name, permission]))).toEqual(EFFECTS);
  expect(effects.filter(({ audit }) => audit === undefined)).toEqual([]);
});

test('AZ-1 looking asks for the permission of what is looked at', () => {
  const areas: [RegExp, RegExp][] = [
    [/^(auth)\./, /^self\.manage$/],
    [/^audit\./, /^audit\.read$/],
    [/^(docker\.containers\.|push\.)/, /^containers\.read$/],
    [/^(metrics\.|nodes\.sparks$)/, /^metrics\.read$/],
    [/^(nodes|groups)\./, /^nodes\.read$/],
    [/^runs\./, /^runs\.read$/],
    [/^(ssh|onboarding|doctor)\./, /^nodes\.access$/],
    [/^overview\.|^GET \/api\/events$/, /^system\.read$/],
    [/^GET .*\/logs$/, /^containers\.logs$/],
  ];
  const wrong = surface.filter(isLooking).filter(({ name, permission }) => {
    const area = areas.find(([names]) => names.test(name));
    return area === undefined || !area[1].test(permission ?? '');
  });
  expect(wrong).toEqual([]);
});

test('AZ-1 what names a node is asked for within the scope of the caller', () => {
  const named = surface.filter(({ path, kind }) => path?.includes('{nodeId}') && kind !== 'agent');
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter(({ scope }) => scope !== 'node')).toEqual([]);
});
