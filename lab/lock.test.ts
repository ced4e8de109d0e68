import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withLock } from './lock.ts';

test('two works under one name do not overlap, also after one has failed', async () => {
  const name = `unit-${process.pid}`;
  let running = 0;
  const work = async (): Promise<void> => {
    running += 1;
    await sleep(20);
    const seen = running;
    running -= 1;
    if (seen !== 1) throw new Error('overlap');
  };
  const failing = withLock(name, () => Promise.reject(new Error('broken')));
  await expect(failing).rejects.toThrow('broken');
  await expect(Promise.all([1, 2, 3].map(() => withLock(name, work)))).resolves.toHaveLength(3);
});
