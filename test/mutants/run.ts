/**
 * `npm run mutants`: plants each seeded bug in a copy of the repository and demands that its tests notice. Names, or parts of
 * them, choose some. Exits with 1 when a bug survives, when a patch does not fit the code any more, or when a test fails
 * without a bug.
 */

import { openCopy } from './copy.ts';
import type { Verdict } from './judge.ts';
import { judge, listUnsound } from './judge.ts';
import { listMutants } from './mutant.ts';

const WORDS: Record<Verdict, string> = {
  killed: 'noticed',
  survived: 'SURVIVED',
  idle: 'NO TEST RAN',
  'does not fit': 'DOES NOT FIT THE CODE',
};

const main = async (): Promise<number> => {
  const wanted = process.argv.slice(2);
  const all = await listMutants();
  const mutants = wanted.length === 0 ? all : all.filter(({ name }) => wanted.some((part) => name.includes(part)));
  const copy = await openCopy();
  const stop = (): void => void copy.remove().then(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const unsound = await listUnsound(copy, mutants);
    if (unsound.length > 0) {
      console.error(`These fail without any bug planted:\n${unsound.join('\n')}`);
      return 1;
    }
    const counts: Record<Verdict, number> = { killed: 0, survived: 0, idle: 0, 'does not fit': 0 };
    for (const mutant of mutants) {
      const startedAtMs = performance.now();
      const verdict = await judge(copy, mutant);
      counts[verdict] += 1;
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
      console.log(`${WORDS[verdict].padEnd(22)} ${seconds.padStart(6)} s  ${mutant.name}: ${mutant.sentence}`);
    }
    console.log(`${counts.killed} of ${mutants.length} seeded bugs were noticed.`);
    return mutants.length > 0 && counts.killed === mutants.length ? 0 : 1;
  } finally {
    await copy.remove();
  }
};

process.exitCode = await main();
