/** What a stored value weighs, on measurements of a real machine. */
import type { Bench } from './lib/bench.ts';
import { openDataDir } from './lib/data-dir.ts';
import { startProgram } from './lib/program.ts';
import type { StorageSizes } from './storage/store-program.ts';

const PROGRAM = import.meta.resolve('./storage/store-program.ts');

export const storage: Bench = {
  id: 'storage',
  title: 'Metrics: storage',
  run: async ({ isQuick, say }) => {
    const dataDir = await openDataDir();
    try {
      const program = await startProgram(PROGRAM, `${dataDir.path}/data`);
      try {
        say('filling and packing');
        const sizes = await program.ask<StorageSizes>(
          'measureSizes',
          isQuick ? { nodeCount: 4, hours: 3 } : { nodeCount: 20, hours: 12 },
        );
        const values = sizes.samples * sizes.valuesPerSample;
        return [
          {
            id: 'I3',
            what: 'a value in the packed history, its share of row, index and free space included',
            unit: 'B',
            better: 'lower',
            ours: sizes.rawBytes / values,
            limit: { name: 'the same values as wide rows', value: sizes.hotBytes / values },
            goal: { absolute: 1.1 },
            isExact: true,
            note: `${Math.round(values).toLocaleString('en-US')} values; one-minute means and maxima add ${(sizes.minuteBytes / values).toFixed(2)} B`,
          },
        ];
      } finally {
        await program.stop();
      }
    } finally {
      await dataDir.remove();
    }
  },
};
