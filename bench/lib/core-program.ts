/** Starts `ingest/core-program.ts` with a database of its own. */
import { join } from 'node:path';
import { openDataDir } from './data-dir.ts';
import type { Program } from './program.ts';
import { startProgram } from './program.ts';
import type { Usage } from './usage.ts';

export interface CoreProgram extends Program {
  socketPath: string;
  nodeIds: readonly string[];
  url: string;
}

export const startCoreProgram = async (nodeCount: number): Promise<CoreProgram> => {
  const dataDir = await openDataDir();
  const socketPath = join(dataDir.path, 'agents.sock');
  const url = import.meta.resolve('../ingest/core-program.ts');
  try {
    const program = await startProgram(url, join(dataDir.path, 'data'), String(nodeCount), socketPath);
    return {
      ...program,
      socketPath,
      nodeIds: await program.ask<string[]>('nodeIds'),
      url: await program.ask<string>('url'),
      stop: async () => {
        await program.stop();
        await dataDir.remove();
      },
    };
  } catch (error) {
    await dataDir.remove();
    throw error;
  }
};

export interface Load {
  /** Of one core. */
  cpuPercent: number;
  rssMb: number;
  seconds: number;
}

/** What a program uses while something is done. */
export const loadDuring = async (program: Program, work: () => Promise<unknown>): Promise<Load> => {
  const before = await program.ask<Usage>('usage');
  const startedAt = performance.now();
  await work();
  const after = await program.ask<Usage>('usage');
  const tookMs = performance.now() - startedAt;
  return {
    cpuPercent: ((after.cpuMs - before.cpuMs) / tookMs) * 100,
    rssMb: after.rssBytes / 1e6,
    seconds: tookMs / 1000,
  };
};
