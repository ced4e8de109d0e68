/** The lanes that need nothing but the installed dependencies: `npm run check`, and the first part of `npm test`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { getProgram } from '../../lab/programs.ts';
import { pinnedNode, root } from '../lib/platform.mjs';
import { runCommand } from './command.ts';
import type { Lane } from './lane.ts';
import { countAsOne } from './lane.ts';
import { runVitest } from './vitest-lane.ts';

const runTool =
  (tool: string, args: readonly string[]): Lane['run'] =>
  async ({ signal, output }) => {
    const { isOk, all } = await runCommand([pinnedNode(), join(root, 'node_modules', tool), ...args], {
      signal,
      output,
    });
    return countAsOne(isOk, all);
  };

// By path, because TypeScript 5 is installed beside 7 for tools that need its API, and both call themselves `tsc`.
const TSC = '@typescript/native/bin/tsc';

const check = (name: string, run: Lane['run']): Lane => ({ name, group: 'check', needs: [], run });

export const CHECK_LANES: readonly Lane[] = [
  check('types', runTool(TSC, ['-p', 'tsconfig.json'])),
  check('types-dashboard', runTool(TSC, ['-p', 'dashboard/tsconfig.json'])),
  // Code that runs inside the browser sees other globals than the rest.
  check('types-e2e', runTool(TSC, ['-p', 'test/e2e/tsconfig.json'])),
  check('biome', runTool('@biomejs/biome/bin/biome', ['check', '--max-diagnostics=50', '.'])),
  check('generated', runTool('../scripts/gen.ts', ['--check'])),
  check('knip', runTool('knip/bin/knip.js', ['--no-progress'])),
  check('arch', (context) => runVitest('arch', context)),
  check('unit', (context) => runVitest('unit', context)),
  check('dashboard', (context) => runVitest('dashboard', context)),
];

/** Shell scripts of the repository, checked by shellcheck as one test. */
export const SHELL_LANE: Lane = {
  name: 'shell',
  group: 'check',
  needs: ['shellcheck'],
  run: async ({ signal, output }) => {
    const served = (await readdir(join(root, 'deploy'), { recursive: true })).filter((name) => name.endsWith('.sh'));
    const scripts = [
      ...(await readdir(join(root, '.ci'))).map((name) => join('.ci', name)),
      ...served.map((name) => join('deploy', name)),
    ];
    const { isOk, all } = await runCommand([getProgram('shellcheck'), ...scripts], { signal, output });
    return countAsOne(isOk, all);
  },
};
