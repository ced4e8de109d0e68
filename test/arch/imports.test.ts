import { expect, test } from 'vitest';
import type { Import } from './sources.ts';
import { isTest, listImports } from './sources.ts';

interface Rule {
  name: string;
  because: string;
  breaks(edge: Import): boolean;
}

const inside = (path: string, ...folders: string[]) => folders.some((folder) => path.startsWith(folder));
const featureOf = (path: string): string | undefined => /^core\/src\/features\/([^/]+)\//.exec(path)?.[1];

/** Which feature may ask which other one, and only its service. Acyclic by inspection and by the test below. */
const FEATURE_EDGES: Record<string, readonly string[]> = {
  auth: ['instance'],
  agents: ['nodes'],
  containers: ['nodes', 'agents', 'terminal'],
  terminal: ['nodes', 'agents'],
  metrics: ['nodes'],
  events: ['metrics', 'nodes'],
  overview: ['nodes', 'containers'],
  doctor: ['nodes', 'ssh'],
};

/** Packages that touch processes, sockets or foreign protocols, and the folders that own them. */
const OWNED: [RegExp, string[]][] = [
  [/^ssh2$/, ['core/src/lib/link/']],
  [/^(node:)?child_process$/, ['core/src/lib/link/', 'core/src/lib/docker/', 'core/src/lib/git/', 'core/src/lib/db/']],
  [/^undici$/, ['core/src/lib/docker/']],
  [/^(pg|pg-copy-streams)$/, ['core/src/lib/db/', 'core/src/lib/queue/', 'core/src/features/metrics/']],
  [/^(bullmq)$/, ['core/src/lib/queue/']],
  [/^ioredis$/, ['core/src/lib/queue/', 'core/src/lib/bus/', 'core/src/lib/limits.ts', 'core/src/platform.ts']],
];

const RULES: Rule[] = [
  {
    name: 'the contract is a leaf',
    because: 'dashboard, CLI, SDK and core all take it; it must never pull in one of them',
    breaks: ({ from, to }) => inside(from, 'contract/') && inside(to, 'core/', 'dashboard/', 'sdk/', 'cli/'),
  },
  {
    name: 'lib knows no product',
    because: 'a library that knows features cannot be reused by the next feature',
    breaks: ({ from, to }) =>
      inside(from, 'core/src/lib/') &&
      inside(to, 'core/src/') &&
      !inside(to, 'core/src/lib/', 'core/src/config.ts') &&
      !inside(from, 'core/src/lib/db/'),
  },
  {
    name: 'middleware knows lib and its ports only',
    because: 'the gate guards every feature and therefore belongs to none',
    breaks: ({ from, to }) =>
      inside(from, 'core/src/middleware/') && inside(to, 'core/src/features/', 'core/src/schema/', 'core/src/roles/'),
  },
  {
    name: 'features stay below roles, app and router',
    because: 'composition is done in one place',
    breaks: ({ from, to }) =>
      featureOf(from) !== undefined && /^core\/src\/(app|main|router)\.ts$|^core\/src\/roles\//.test(to),
  },
  {
    name: 'a feature asks another only along a declared edge, and only its service',
    because: 'otherwise every feature ends up knowing every other one',
    breaks: ({ from, to }) => {
      const [asking, asked] = [featureOf(from), featureOf(to)];
      if (asking === undefined || asked === undefined || asking === asked) return false;
      return !(FEATURE_EDGES[asking] ?? []).includes(asked) || !to.endsWith('/service.ts');
    },
  },
  {
    name: 'dashboard, CLI and SDK take values from the contract and only a type from the core',
    because: 'core code in a browser bundle is a leak of size and of rules',
    breaks: ({ from, to, isTypeOnly }) =>
      inside(from, 'dashboard/', 'sdk/', 'cli/') && inside(to, 'core/') && !(isTypeOnly && to === 'core/src/router.ts'),
  },
  ...OWNED.map(
    ([name, owners]): Rule => ({
      name: `${name.source} is used by its owner alone`,
      because: 'processes, sockets and foreign protocols have one audited place each',
      breaks: ({ from, to, isTypeOnly }) =>
        !isTypeOnly && inside(from, 'core/src/') && name.test(to) && !inside(from, ...owners),
    }),
  ),
];

test.each(RULES)('$name', ({ breaks, because }) => {
  const broken = listImports().filter((edge) => !isTest(edge.from) && breaks(edge));
  expect(
    broken.map(({ from, to }) => `${from} → ${to}`),
    because,
  ).toEqual([]);
});

test('the rules see the code: every layer takes part in the graph', () => {
  const seen = (folder: string) => listImports().some(({ from }) => from.startsWith(folder));
  expect(
    ['contract/', 'core/src/lib/', 'core/src/middleware/', 'core/src/features/', 'dashboard/'].filter((f) => !seen(f)),
  ).toEqual([]);
});

const findCycle = (edges: ReadonlyMap<string, readonly string[]>): string[] | undefined => {
  const done = new Set<string>();
  const walk = (node: string, trail: string[]): string[] | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const cycle = walk(next, [...trail, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = walk(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
};

test('no run-time import cycle', () => {
  const edges = new Map<string, string[]>();
  for (const { from, to, isTypeOnly } of listImports())
    if (!isTypeOnly) edges.set(from, [...(edges.get(from) ?? []), to]);
  expect(findCycle(edges)).toBeUndefined();
});

test('the declared edges between features have no cycle', () => {
  expect(findCycle(new Map(Object.entries(FEATURE_EDGES)))).toBeUndefined();
});

test('a cycle would be found', () => {
  expect(
    findCycle(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['a']],
      ]),
    ),
  ).toEqual(['a', 'b', 'c', 'a']);
});
