/** Prints what importing one package costs a process that has nothing else: argv[2]. Loaded as the core loads it. */
import { readRssBytes } from '../lib/process-stats.ts';

const settle = () => {
  globalThis.gc?.();
  return readRssBytes(process.pid);
};
const before = settle();
const startedAt = performance.now();
await import(process.argv[2] ?? '');
const tookMs = performance.now() - startedAt;
process.stdout.write(JSON.stringify({ bytes: settle() - before, tookMs }));
