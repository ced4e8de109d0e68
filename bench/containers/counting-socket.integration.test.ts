import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { openTempDir } from '../../lab/temp-dir.ts';
import { openCountingSocket } from './counting-socket.ts';

const openCounted = async () => {
  const dir = await openTempDir('counting');
  const engine = createServer((incoming, answer) => incoming.pipe(answer)).listen(join(dir.path, 'engine'));
  await once(engine, 'listening');
  const socketPath = join(dir.path, 'counted');
  const counting = await openCountingSocket(socketPath, join(dir.path, 'engine'));
  onTestFinished(async () => {
    await counting.close();
    engine.close();
    await dir.remove();
  });
  const send = (method: string, path: string, body = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const sent = request({ socketPath, method, path }, (answer) => text(answer).then(resolve, reject));
      sent.once('error', reject).end(body);
    });
  return { counting, send };
};

test('each request is counted once and answered as if nothing stood between', async () => {
  const { counting, send } = await openCounted();
  expect(await send('POST', '/containers/create?name=a', 'GET /inside/a/body')).toBe('GET /inside/a/body');
  await send('GET', '/events');
  expect(counting.take()).toEqual(['POST /containers/create?name=a HTTP/1.1', 'GET /events HTTP/1.1']);
  expect(counting.take()).toEqual([]);
});
