/** The whole product as a user runs it, and a signed-in tool that talks to it. */
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureCore } from '../../scripts/lib/core-bundle.mjs';
import type { Box } from '../../test/e2e/box.ts';
import { ADMIN, startBox, WITH_ADMIN } from '../../test/e2e/box.ts';
import { setDockerSocket } from '../../test/e2e/docker-socket.ts';
import { openDataDir } from './data-dir.ts';

const ROOT = join(import.meta.dirname, '../..');
const COMPILE_CACHE = join(ROOT, '.cache/compile');
export const AGENT_PATH = join(ROOT, 'agent/bin/serverbox-agent');
/** Nobody listens here: the machine is then watched without whatever runs in its engine. */
export const NO_DOCKER = '/run/serverbox-bench-no-docker.sock';
const NODE_TIMEOUT_MS = 30_000;

export interface Client {
  token: string;
  /** One request on a connection that stays open. @throws Error for any other status than 200 */
  get<T>(path: string): Promise<T>;
  close(): void;
}

const send = (agent: Agent, url: URL, token: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      const fail = (body: string) =>
        reject(new Error(`GET ${url.pathname}: ${answer.statusCode} ${body.slice(0, 300)}`));
      text(answer).then((body) => (answer.statusCode === 200 ? resolve(body) : fail(body)), reject);
    });
    sent.once('error', reject);
    sent.end();
  });

/** Signs in as the administrator of `WITH_ADMIN`. */
export const signIn = async (baseUrl: string): Promise<Client> => {
  const answer = await fetch(`${baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: ADMIN.email, password: ADMIN.password }),
  });
  if (!answer.ok) throw new Error(`sign-in was refused: ${await answer.text()}`);
  const { accessToken: token } = (await answer.json()) as { accessToken: string };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    token,
    get: async <T>(path: string) => JSON.parse(await send(agent, new URL(path, baseUrl), token)) as T,
    close: () => agent.destroy(),
  };
};

export interface Product {
  box: Box;
  pid: number;
  client: Client;
  nodeId: string;
  stop(): Promise<void>;
}

export interface ProductOptions {
  environment?: Record<string, string>;
  /** The engine that this machine's agent is to watch; else the usual one, if there is any. */
  dockerSocket?: string;
}

/** This machine, once its agent has told something. */
const untilNode = async (client: Client): Promise<string> => {
  const deadline = performance.now() + NODE_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const { items } = await client.get<{ items: { id: string; reading: unknown }[] }>('/api/nodes');
    if (items[0]?.reading != null) return items[0].id;
    await delay(50);
  }
  throw new Error('this machine did not come online');
};

/** Starts the core as it is shipped, with a data directory of its own, and waits until this machine is linked. */
export const startProduct = async ({ environment = {}, dockerSocket }: ProductOptions = {}): Promise<Product> => {
  await ensureCore(() => undefined);
  const dataDir = await openDataDir();
  const settings = { NODE_COMPILE_CACHE: COMPILE_CACHE, LOG_LEVEL: 'warn', ...WITH_ADMIN, ...environment };
  let box: Box | undefined;
  try {
    box = await startBox(dataDir.path, settings);
    if (dockerSocket !== undefined) {
      await setDockerSocket(box, dataDir.path, dockerSocket);
      box = await startBox(dataDir.path, settings);
    }
    const client = await signIn(box.url);
    const nodeId = await untilNode(client);
    const { stop } = box;
    return {
      box,
      pid: Number(box.process.pid),
      client,
      nodeId,
      stop: async () => {
        client.close();
        await stop();
        await dataDir.remove();
      },
    };
  } catch (error) {
    await box?.stop();
    await dataDir.remove();
    throw error;
  }
};
