import { readFile } from 'node:fs/promises';
import type { Hono } from 'hono';
import type { HttpEnv } from '../../middleware/rest.ts';

/** `GET /push.sh`: open to anybody who reaches the core, as it holds no secret. */
export const mountPushScript = (app: Hono<HttpEnv>, path: string): void => {
  app.get('/push.sh', async (c) =>
    c.body(await readFile(path, 'utf8'), 200, {
      'cache-control': 'no-store',
      'content-type': 'text/x-shellscript; charset=utf-8',
    }),
  );
};
