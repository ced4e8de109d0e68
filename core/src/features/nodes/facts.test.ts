import type { NodeFacts } from '@serverbox/contract/wire';
import { expect, test } from 'vitest';
import { describeChanges, listChanges } from './facts.ts';

const facts = (changed: Partial<NodeFacts> = {}): NodeFacts => ({
  hostname: 'web-1',
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0-18-amd64',
  arch: 'amd64',
  virtualization: 'kvm',
  cpuModel: null,
  cpuCores: 2,
  memTotalBytes: 4 * 1024 ** 3,
  bootedAt: 1_763_000_000_000,
  addresses: ['192.0.2.10'],
  dockerVersion: '20.10.24',
  dockerProblem: null,
  agentVersion: '0.1.0',
  ...changed,
});

test.each<[Partial<NodeFacts>, string[]]>([
  [{}, []],
  [{ kernel: '6.1.0-19-amd64' }, ['Kernel changed from 6.1.0-18-amd64 to 6.1.0-19-amd64']],
  [{ dockerVersion: null }, ['Docker changed from 20.10.24 to none']],
  [{ memTotalBytes: 8 * 1024 ** 3 }, ['Memory changed from 4.0 GiB to 8.0 GiB']],
  [{ bootedAt: 1_763_000_500_000 }, ['The machine was restarted']],
  [{ bootedAt: 1_763_000_001_000, memTotalBytes: 4 * 1024 ** 3 - 4096, addresses: [] }, []],
  [
    { cpuCores: 4, hostname: 'web-2' },
    ['Host name changed from web-1 to web-2', 'Number of cores changed from 2 to 4'],
  ],
])('%j is told as %j', (changed, told) => {
  expect(describeChanges(listChanges(facts(), facts(changed)))).toEqual(told);
});

test('addresses and restarts are kept with what they were before, in whatever order they are told', () => {
  const before = facts({ addresses: ['198.51.100.2', '192.0.2.10'] });
  expect(listChanges(before, facts({ addresses: ['192.0.2.10', '198.51.100.2'] }))).toEqual([]);
  expect(listChanges(before, facts({ addresses: [], bootedAt: 1_763_000_500_000 }))).toEqual([
    { field: 'addresses', before: '192.0.2.10, 198.51.100.2', after: null },
    { field: 'bootedAt', before: '2025-11-13T02:13:20.000Z', after: '2025-11-13T02:21:40.000Z' },
  ]);
});
