import { expect, test } from 'vitest';
import { ensureDockerd } from './docker.ts';
import { connectEngine } from './engine.ts';

test('two users share one engine, and the first to stop does not take it from the second', async () => {
  const [one, two] = await Promise.all([ensureDockerd(), ensureDockerd()]);
  try {
    expect(one.socketPath).toBe(two.socketPath);
    await one.stop();
    expect(await connectEngine(two.socketPath).call('GET', '/version')).toHaveProperty('ApiVersion');
  } finally {
    await two.stop();
  }
});

test('an engine that refuses a request is quoted in the error', async () => {
  const docker = await ensureDockerd();
  try {
    const engine = connectEngine(docker.socketPath);
    await expect(engine.call('GET', '/containers/no-such-container/json')).rejects.toThrow(/404 No such container/);
  } finally {
    await docker.stop();
  }
});
