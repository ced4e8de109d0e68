import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTempDir } from '../../lab/temp-dir.ts';
import { pinnedNode, root } from '../lib/platform.mjs';
import { runCommand } from './command.ts';
import type { LaneContext, LaneResult } from './lane.ts';
import { countAsOne, requireTests } from './lane.ts';
import { countVitestReport } from './vitest-report.ts';

/** Runs one project of vitest.config.ts and counts its tests. */
export const runVitest = async (project: string, context: LaneContext): Promise<LaneResult> => {
  const dir = await openTempDir('vitest');
  const reportPath = join(dir.path, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  try {
    const { isOk, all } = await runCommand(
      [
        ...([pinnedNode(), vitest, 'run', '--project', project] as const),
        ...['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`],
      ],
      { env: context.env, signal: context.signal, output: context.output },
    );
    if (!existsSync(reportPath)) return countAsOne(false, all);
    return requireTests({ ...countVitestReport(await readFile(reportPath, 'utf8'), isOk), output: all });
  } finally {
    await dir.remove();
  }
};
