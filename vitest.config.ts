import { defineConfig } from 'vitest/config';
import { CELL_FREE, isServerCell } from './scripts/suite/cells.ts';

const notUnit = ['**/node_modules/**', '**/*.{integration,nightly,e2e}.test.ts'];

/**
 * The lanes of the suite. `unit`, `arch` and `dashboard` need nothing but Node; `integration` and `e2e` talk to real
 * daemons, which each test opens through `lab/` and closes again. `nightly` takes its time, and disturbs what runs beside it.
 */
export default defineConfig({
  test: {
    // Two cores is the smallest machine the suite is meant for; more workers only make the timings of others worse.
    maxWorkers: 2,
    teardownTimeout: 30_000,
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{contract,core,sdk,cli,scripts,lab,bench}/**/*.test.ts'],
          exclude: notUnit,
          // Quick alone; beside the other lanes of `npm run check` on two cores a password hash takes its time.
          testTimeout: 15_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'arch',
          include: ['test/arch/**/*.test.ts'],
          // Reading the whole repository through the compiler takes seconds, not milliseconds.
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'dashboard',
          include: ['dashboard/**/*.test.{ts,tsx}'],
          environment: 'happy-dom',
          css: { modules: { classNameStrategy: 'non-scoped' } },
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          exclude: ['**/node_modules/**', ...(isServerCell(process.env) ? CELL_FREE : [])],
          globalSetup: ['core/src/lib/db/testing-setup.ts', 'test/e2e/core-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'nightly',
          include: ['test/faults/**/*.nightly.test.ts', 'test/faults/crash.integration.test.ts'],
          globalSetup: ['test/e2e/core-setup.ts'],
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.test.ts'],
          globalSetup: ['test/e2e/core-setup.ts', 'test/e2e/setup.ts'],
          expect: { poll: { timeout: 10_000, interval: 100 } },
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
