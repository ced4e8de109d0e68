/**
 * `npm run screenshots`: the pictures of the README, taken of the real product with the lab's scene on this machine.
 * Takes as long as the charts need to fill; a number as argument says how many seconds instead.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { listLabContainers, removeContainer, runContainer } from '../lab/containers.ts';
import { ensureDockerd } from '../lab/docker.ts';
import type { Engine } from '../lab/engine.ts';
import { connectEngine } from '../lab/engine.ts';
import type { LabHosts } from '../lab/hosts.ts';
import { openHosts } from '../lab/hosts.ts';
import { ensureImage } from '../lab/image.ts';
import { startScene } from '../lab/scene.ts';
import type { Box } from '../test/e2e/box.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../test/e2e/box.ts';
import type { Size } from '../test/e2e/browser.ts';
import { openBrowser, openVisit, signIn } from '../test/e2e/browser.ts';
import { watchDocker } from '../test/e2e/docker-socket.ts';
import { typeLine } from '../test/e2e/terminal-screen.ts';
import { ensureAgentStep } from './lib/agent.mjs';
import { ensureCore } from './lib/core-bundle.mjs';
import { ensureDashboard } from './lib/dashboard.mjs';
import { step } from './lib/steps.mjs';

const IMAGES_DIR = join(import.meta.dirname, '../docs/images');
/** The charts of the overview show five minutes. */
const FILL_SECONDS = 300;
const NODE_NAME = 'atlas';
/** Late figures arrive; a picture taken in between shows dashes. */
const SETTLE_MS = 2500;

/** A machine that has just been added has no line yet. */
const FLEET_SECONDS = 100;
const FLEET = [
  { name: 'web-1', tags: ['env:prod', 'role:web'] },
  { name: 'web-2', tags: ['env:prod', 'role:web'] },
  { name: 'db-1', tags: ['env:prod', 'role:db'] },
  { name: 'staging', tags: ['env:test'] },
];
const FLEET_SCRIPT = `set -eu
uname -sr
df -h / | tail -1
case "$(hostname)" in *staging) echo 'there is no release yet' >&2; exit 2 ;; esac`;

const WORKER = 'shop-worker-1';
const WORKER_LABELS = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'worker' };
/** A log with what logs have: levels in colour, a warning now and then, an error with its trace. */
const WORKER_LOG = `
say() { printf '%b\\n' "$1"; }
n=1041
while :; do
  n=$((n + 1))
  say "\\033[32mINFO \\033[0m order $n received, 3 items"
  sleep 0.4
  say "\\033[36mDEBUG\\033[0m stock of article $((n % 97)) read in $((n % 9 + 1)) ms"
  [ $((n % 7)) = 0 ] && say "\\033[33mWARN \\033[0m payment of order $n is slow: 2.$((n % 9)) s"
  [ $((n % 19)) = 0 ] && say "\\033[31mERROR\\033[0m order $n: connection to db refused" >&2
  [ $((n % 19)) = 0 ] && say "  at connect (worker.js:118)\\n  retrying in 2 s" >&2
  say "\\033[32mINFO \\033[0m order $n shipped"
  sleep 0.6
done`;

const SHELL_LINES = [
  "PS1='root@atlas:~# '; clear",
  'uptime',
  'free -h',
  'df -h /',
  'ps -eo pid,comm,%cpu,%mem --sort=-%cpu | head -9',
];

/** Only the scene's own: tests may be using the same engine. */
const removeAll = async (engine: Engine): Promise<void> => {
  const found = await listLabContainers(engine);
  for (const { Id, Names } of found) {
    if (Names.some((name) => /^\/(?:lab|shop)-/.test(name))) await removeContainer(engine, Id);
  }
};

const startAll = async (engine: Engine): Promise<void> => {
  await ensureImage(engine);
  await removeAll(engine);
  await startScene(engine);
  await runContainer(engine, { name: WORKER, command: ['sh', '-c', WORKER_LOG], labels: WORKER_LABELS });
};

interface Photographer {
  box: Box;
  nodeId: string;
  /** @returns the answer of the API. @throws Error with what it says when it refuses */
  call(method: 'POST' | 'PATCH', path: string, data: object): Promise<unknown>;
  take(
    name: string,
    address: string,
    options?: { size?: Size; prepare?: (page: Page) => Promise<void> },
  ): Promise<void>;
}

const openPhotographer = async (box: Box): Promise<Photographer & { close(): Promise<void> }> => {
  const browser = await openBrowser();
  const visit = await openVisit(browser, box);
  await signIn(visit);
  const { items } = await (await visit.context.request.get('/api/nodes')).json();
  const nodeId: string = items[0].id;
  const call: Photographer['call'] = async (method, path, data) => {
    const answer = await visit.context.request.fetch(path, { method, data, headers: { origin: box.url } });
    if (!answer.ok()) throw new Error(`${path} was refused: ${await answer.text()}`);
    return answer.json();
  };
  await call('PATCH', `/api/nodes/${nodeId}`, { name: NODE_NAME });
  return {
    box,
    nodeId,
    call,
    take: async (name, address, { size = 'desktop', prepare } = {}) => {
      const { page, context } = await openVisit(browser, box, { size });
      await signIn({ context });
      await page.goto(address);
      await prepare?.(page);
      await page.locator('[aria-busy="true"]').first().waitFor({ state: 'hidden' });
      await page.getByText('Server Box does not answer').waitFor({ state: 'hidden' });
      await sleep(SETTLE_MS);
      await page.screenshot({ path: join(IMAGES_DIR, `${name}.png`) });
      await context.close();
      console.log(`docs/images/${name}.png`);
    },
    close: () => browser.close(),
  };
};

const takeAll = async ({ take, nodeId }: Photographer, workerId: string): Promise<void> => {
  await take('overview', '/');
  await take('node', `/nodes/${nodeId}?range=5m`);
  await take('containers', '/containers?group=project');
  await take('container-logs', `/nodes/${nodeId}/containers/${workerId}?tab=logs`);
  await take('terminal', `/terminal?node=${nodeId}`, {
    prepare: async (page) => {
      for (const line of SHELL_LINES) {
        await typeLine(page, line);
        await sleep(400);
      }
    },
  });
  await take('phone', '/', { size: 'phone' });
};

/** @returns the ids of the nodes, in the order of `FLEET` */
const addFleet = async ({ call }: Photographer, lab: LabHosts): Promise<string[]> => {
  const ids: string[] = [];
  for (const { name, tags } of FLEET) {
    const host = await lab.start(name);
    const auth = { kind: 'key', privateKey: lab.privateKey };
    const input = { name, via: 'ssh', host: host.address, sshUser: 'root', auth };
    const { node } = (await call('POST', '/api/nodes', input)) as { node: { id: string } };
    const fingerprint = await host.hostKeyFingerprint();
    await call('POST', `/api/nodes/${node.id}/host-key`, { fingerprint, decision: 'accept' });
    await call('PATCH', `/api/nodes/${node.id}/ssh`, { presence: 'always' });
    await call('PATCH', `/api/nodes/${node.id}`, { tags });
    ids.push(node.id);
  }
  return ids;
};

const takeFleet = async (photographer: Photographer): Promise<void> => {
  const lab = await openHosts();
  try {
    const nodeIds = await addFleet(photographer, lab);
    await sleep(FLEET_SECONDS * 1000);
    await photographer.take('nodes', '/nodes');
    const command = { kind: 'script', script: FLEET_SCRIPT };
    const { id } = (await photographer.call('POST', '/api/runs', { nodeIds, command })) as { id: string };
    await photographer.take('command', `/runs/${id}`);
  } finally {
    await lab.close();
  }
};

const seconds = Number(process.argv[2] ?? FILL_SECONDS);
await step('dashboard', ensureDashboard);
await step('agent', ensureAgentStep);
await step('core', ensureCore);
const docker = await ensureDockerd();
const engine = connectEngine(docker.socketPath);
const dataDir = await openDataDir();
let box = await startBox(dataDir.path, WITH_ADMIN);
try {
  await startAll(engine);
  box = await watchDocker({ box, dataDir: dataDir.path, socketPath: docker.socketPath });
  console.log(`The charts fill for ${seconds} s.`);
  await sleep(seconds * 1000);
  const { Id: workerId } = (await engine.call('GET', `/containers/${WORKER}/json`)) as { Id: string };
  mkdirSync(IMAGES_DIR, { recursive: true });
  const photographer = await openPhotographer(box);
  await takeAll(photographer, workerId);
  await takeFleet(photographer);
  await photographer.close();
} finally {
  await box.stop();
  await dataDir.remove();
  await removeAll(engine);
  await docker.stop();
}
