/** The containers that tests look at. Tests that change one make their own with `runOwn`. */
import { onTestFinished } from 'vitest';
import { removeContainer, runContainer } from '../../lab/containers.ts';
import type { Engine } from '../../lab/engine.ts';
import { LAB_IMAGE } from '../../lab/image.ts';

export const WEB = 'e2e-web';
export const ILL = 'e2e-ill';
export const DONE = 'e2e-done';
export const PAUSED = 'e2e-paused';
export const SECRET = 'tok_51Hc0Yk2eZvKYlo2C';

const NAMES = [WEB, ILL, DONE, PAUSED];
const NS_PER_SECOND = 1_000_000_000;
/** Twenty lines at once to scroll and search in, then one each half second. */
const WRITE_LINES =
  'i=0; while [ $i -lt 120 ]; do i=$((i+1)); echo "line $i is here"; done; echo "a complaint" >&2; ' +
  'while :; do i=$((i+1)); echo "line $i is here"; sleep 0.5; done';

const WEB_BODY = {
  Image: LAB_IMAGE,
  Cmd: ['sh', '-c', `(${WRITE_LINES}) & exec httpd -f -p 80 -h /www`],
  Env: [`API_TOKEN=${SECRET}`, 'PUBLIC_NAME=shop window'],
  Labels: {
    'com.docker.compose.project': 'e2e-shop',
    'com.docker.compose.service': 'web',
    'org.example.purpose': 'to be looked at',
  },
  StopTimeout: 1,
  Volumes: { '/cache': {} },
  ExposedPorts: { '80/tcp': {} },
  HostConfig: { Mounts: [{ Type: 'volume', Source: 'e2e-data', Target: '/srv/data' }] },
};

const ILL_BODY = {
  Image: LAB_IMAGE,
  Cmd: ['sleep', '1000000'],
  StopTimeout: 1,
  Healthcheck: {
    Test: ['CMD-SHELL', 'echo "nobody answers"; exit 7'],
    Interval: NS_PER_SECOND,
    Timeout: NS_PER_SECOND,
    Retries: 1,
  },
};

/** Creates and starts whatever the engine's own language can say. @returns the full id */
const runBody = async (engine: Engine, name: string, body: object): Promise<string> => {
  const created = await engine.call('POST', `/containers/create?name=${name}`, body);
  const { Id: id } = created as { Id: string };
  await engine.call('POST', `/containers/${id}/start`);
  return id;
};

const removeIfThere = async (engine: Engine, name: string): Promise<void> => {
  const filters = encodeURIComponent(JSON.stringify({ name: [`^/${name}$`] }));
  const found = (await engine.call('GET', `/containers/json?all=1&filters=${filters}`)) as { Id: string }[];
  for (const { Id } of found) await removeContainer(engine, Id);
};

export const removeScene = async (engine: Engine): Promise<void> => {
  for (const name of NAMES) await removeIfThere(engine, name);
  await engine.call('DELETE', '/volumes/e2e-data?force=1');
};

export const startScene = async (engine: Engine): Promise<void> => {
  await removeScene(engine);
  await runBody(engine, WEB, WEB_BODY);
  await runBody(engine, ILL, ILL_BODY);
  await runContainer(engine, { name: DONE, command: ['sh', '-c', 'echo finished; exit 4'] });
  await runContainer(engine, { name: PAUSED, command: ['sleep', '1000000'] });
  await engine.call('POST', `/containers/${PAUSED}/pause`);
};

export const inspect = async (engine: Engine, name: string): Promise<{ Id: string; State: Record<string, unknown> }> =>
  (await engine.call('GET', `/containers/${name}/json`)) as { Id: string; State: Record<string, unknown> };

/**
 * A container of one test alone, which goes with it. It has no network: one that comes or goes makes a browser on the same
 * machine drop what it is loading. @returns its full id
 */
export const runOwn = async (engine: Engine, name: string, body: object = {}): Promise<string> => {
  await removeIfThere(engine, name);
  onTestFinished(() => removeIfThere(engine, name));
  const plain = { Image: LAB_IMAGE, Cmd: ['sleep', '1000000'], StopTimeout: 1, NetworkDisabled: true };
  return runBody(engine, name, { ...plain, ...body });
};
