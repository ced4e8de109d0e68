/** What a program has used so far. */
import { readRssBytes } from './process-stats.ts';

export interface Usage {
  cpuMs: number;
  rssBytes: number;
}

export const readUsage = (): Usage => {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, rssBytes: readRssBytes(process.pid) };
};
