/** How often a request asks the database: a number that must not grow with the fleet. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PostgresServer } from '../../lab/postgres.ts';
import { startPostgres } from '../../lab/postgres.ts';
import type { Box } from '../../test/e2e/box.ts';
import { startBox, WITH_ADMIN } from '../../test/e2e/box.ts';
import { openDataDir } from '../lib/data-dir.ts';
import type { Client } from '../lib/product.ts';
import { signIn } from '../lib/product.ts';
import type { CountingPostgres } from './counting-postgres.ts';
import { openCountingPostgres } from './counting-postgres.ts';

const REQUESTS = 15;
let server: PostgresServer;
let counting: CountingPostgres;
let dataDir: Awaited<ReturnType<typeof openDataDir>>;
let box: Box;
let client: Client;

beforeAll(async () => {
  server = await startPostgres();
  const url = new URL(server.url);
  counting = await openCountingPostgres(Number(url.port));
  url.port = String(counting.port);
  dataDir = await openDataDir();
  const environment = { ...WITH_ADMIN, DATABASE_URL: url.href, SERVERBOX_LOCAL_NODE: 'off', LOG_LEVEL: 'error' };
  box = await startBox(dataDir.path, environment);
  client = await signIn(box.url);
});
afterAll(async () => {
  client.close();
  await box.stop();
  await counting.close();
  await server.stop();
  await dataDir.remove();
});

const addNodes = async (count: number): Promise<void> => {
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  for (let index = 0; index < count; index += 1) {
    const id = randomUUID();
    await admin.query(`INSERT INTO nodes (id, name, host_public_key, tags) VALUES ($1, $2, $3, '{gate}')`, [
      id,
      id,
      `ssh-ed25519 ${id}`,
    ]);
  }
  await admin.end();
};

/** Jobs and watches ask as well, now and then: the least of many requests is the request's own. */
const queriesOf = async (path: string): Promise<number> => {
  const counts: number[] = [];
  for (let request = 0; request < REQUESTS; request += 1) {
    counting.take();
    await client.get(path);
    counts.push(counting.take());
  }
  return Math.min(...counts);
};

test.each([
  ['/api/overview', 3],
  ['/api/nodes', 2],
  ['/api/nodes/tags', 2],
  ['/api/groups', 3],
  ['/api/runs', 3],
  ['/api/containers', 2],
])('GET %s asks the database at most %i times, with one node or with two hundred', async (path, most) => {
  await addNodes(1);
  const few = await queriesOf(path);
  await addNodes(200);
  const many = await queriesOf(path);
  expect(few).toBeGreaterThan(0);
  expect(few).toBeLessThanOrEqual(most);
  expect(many).toBe(few);
});
