import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ensureAgent } from '../../scripts/build-agent.mjs';

/** It is copied to every machine; what it may weigh is decided here and nowhere else. */
const MAX_BYTES = 9_000_000;

test('A1 the agent is one small program', { timeout: 300_000 }, async () => {
  const { path, problem } = await ensureAgent({ log: () => undefined });
  expect(problem).toBeNull();
  expect((await stat(path ?? '')).size).toBeLessThanOrEqual(MAX_BYTES);
});
