/**
 * Vitest `globalSetup`: one server for the whole run. The embedded one in a directory of its own, or, for the second cell
 * of the suite, the server that `SERVERBOX_TEST_DATABASE_URL` names; its user must be allowed to create databases.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { silentLog } from '../log.ts';
import { withOwnerClient } from './connection.ts';
import { openDatabase } from './database.ts';
import { openEmbedded } from './embedded.ts';
import type { TestServer } from './testing.ts';
import { testSource } from './testing.ts';

/**
 * Ends the server and removes its directory when this process ends in a way that runs no teardown: it holds our end of a
 * pipe, which the kernel closes. After a clean stop it finds nothing to do.
 */
const startWatchdog = (dataDir: string): void => {
  const script = 'cat; pid=$(head -n 1 "$0/postgres/data/postmaster.pid") && kill -INT "$pid"; sleep 3; rm -rf "$0"';
  const watchdog = spawn('/bin/sh', ['-c', script, dataDir], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  watchdog.unref();
};

interface RunningServer {
  server: TestServer['server'];
  stop(): Promise<void>;
}

const startServer = async (): Promise<RunningServer> => {
  // biome-ignore lint/style/noProcessEnv: a setting of the test run, unknown to the product and its configuration
  const url = process.env.SERVERBOX_TEST_DATABASE_URL;
  if (url !== undefined && url !== '') return { server: { url }, stop: async () => undefined };
  // Not os.tmpdir(): the path of a socket must be short, and TMPDIR need not be.
  const dataDir = await mkdtemp('/tmp/serverbox-test-');
  startWatchdog(dataDir);
  const embedded = await openEmbedded({ dataDir, log: silentLog });
  return {
    server: { embedded: embedded.connection },
    stop: async () => {
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

const createTemplate = async (server: TestServer['server']): Promise<string> => {
  const template = `template_${randomBytes(8).toString('hex')}`;
  await withOwnerClient(testSource({ server }), (client) =>
    client.query(`CREATE DATABASE ${template} TEMPLATE template0`),
  );
  const database = await openDatabase({ source: testSource({ server }, template), log: silentLog });
  await database.close();
  return template;
};

let tearDown: () => Promise<void> = async () => undefined;

export const setup = async (project: TestProject): Promise<void> => {
  const { server, stop } = await startServer();
  const template = await createTemplate(server);
  project.provide('testServer', { server, template });
  tearDown = async () => {
    await withOwnerClient(testSource({ server }), (client) =>
      client.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`),
    );
    await stop();
  };
};

export const teardown = (): Promise<void> => tearDown();
