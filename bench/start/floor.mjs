// @ts-check
// The least that any such server costs: Node, an HTTP framework, a database driver, one query. DATABASE_URL and PORT. Not
// in TypeScript: stripping the types costs a process 15 MB, and the core that it is compared with has none to strip.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const app = new Hono().get('/health', async (c) => {
  await pool.query('SELECT 1');
  return c.json({ status: 'ok' });
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT) });
