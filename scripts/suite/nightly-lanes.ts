/** What takes too long for `npm test`: more kill cycles, disks that fail, and every seeded bug. */
import { join } from 'node:path';
import { pinnedNode, root } from '../lib/platform.mjs';
import { runCommand } from './command.ts';
import { INTEGRATION, withDocker } from './daemon-lanes.ts';
import type { Lane, LaneContext, LaneResult } from './lane.ts';
import { countAsOne } from './lane.ts';
import { runVitest } from './vitest-lane.ts';

const HOUR_MS = 60 * 60_000;
const FAULT_CYCLES = '50';

/** `npm run mutants`, as one test: it says of each bug whether it was noticed. */
const runMutants = async ({ env, signal, output }: LaneContext): Promise<LaneResult> => {
  const argv = [pinnedNode(), join(root, 'test/mutants/run.ts')] as const;
  const { isOk, all } = await runCommand(argv, { env, signal, output });
  return countAsOne(isOk, all);
};

export const NIGHTLY_LANES: readonly Lane[] = [
  {
    name: 'faults',
    group: 'nightly',
    needs: INTEGRATION,
    timeoutMs: 2 * HOUR_MS,
    run: (context) => runVitest('nightly', { ...context, env: { FAULT_CYCLES, ...context.env } }),
  },
  {
    name: 'mutants',
    group: 'nightly',
    needs: INTEGRATION,
    timeoutMs: 4 * HOUR_MS,
    run: (context) => withDocker(context, runMutants),
  },
];
