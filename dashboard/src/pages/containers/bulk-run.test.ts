import { expect, test } from 'vitest';
import { BULK_PARALLEL, runBulk } from './bulk-run.ts';
import type { ActTarget } from './container-acts.ts';

const targets = Array.from(
  { length: 12 },
  (_, i) => ({ id: `${i}`, name: `c${i}`, state: 'running' }) as unknown as ActTarget,
);

test('each target ends with its own result, whatever the others do', async () => {
  const results = new Map<string, string>();
  await runBulk({
    targets: targets.slice(0, 3),
    refusal: ({ name }) => (name === 'c0' ? 'It is not running.' : undefined),
    act: async ({ name }) => {
      if (name === 'c1') throw new Error('the engine said no');
    },
    onResult: ({ name }, result) => results.set(name, result.is),
  });
  expect(Object.fromEntries(results)).toEqual({ c0: 'skipped', c1: 'failed', c2: 'done' });
});

test('only a few are under way at once', async () => {
  let now = 0;
  let most = 0;
  await runBulk({
    targets,
    refusal: () => undefined,
    act: async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve));
      now -= 1;
    },
    onResult: () => undefined,
  });
  expect(most).toBe(BULK_PARALLEL);
});
