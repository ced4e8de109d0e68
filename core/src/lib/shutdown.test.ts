import { expect, test } from 'vitest';
import { silentLog } from './log.ts';
import { createShutdown } from './shutdown.ts';

test('steps stop in reverse order, and one that fails or hangs does not hold up the rest', async () => {
  const stopped: string[] = [];
  const shutdown = createShutdown(silentLog, 20);
  shutdown.add('database', () => void stopped.push('database'));
  shutdown.add('hanging', () => new Promise(() => stopped.push('hanging')));
  shutdown.add('failing', () => {
    stopped.push('failing');
    throw new Error('no');
  });
  await Promise.all([shutdown.run(), shutdown.run()]);
  expect(stopped).toEqual(['failing', 'hanging', 'database']);
});
