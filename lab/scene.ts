/** What `npm run lab up` shows: containers in the states that a person meets, to try the product by hand. */

import type { ContainerSpec } from './containers.ts';
import { listLabContainers, removeContainer, runContainer } from './containers.ts';
import type { Engine } from './engine.ts';

const compose = (project: string, service: string) => ({
  'com.docker.compose.project': project,
  'com.docker.compose.service': service,
  'com.docker.compose.container-number': '1',
  'com.docker.compose.oneoff': 'False',
  'com.docker.compose.project.config_files': `/srv/${project}/compose.yaml`,
  'com.docker.compose.project.working_dir': `/srv/${project}`,
});

const serve = (port: number): string[] => ['httpd', '-f', '-p', String(port), '-h', '/www'];

const SCENE: readonly ContainerSpec[] = [
  {
    name: 'lab-web',
    command: [
      'sh',
      '-c',
      `while :; do echo "served at $(date -Iseconds)"; sleep 2; done & exec ${serve(80).join(' ')}`,
    ],
    publish: { containerPort: 80, hostPort: 18_080 },
    restart: 'always',
  },
  {
    name: 'lab-crash-loop',
    command: ['sh', '-c', 'echo "cannot open /etc/app.conf" >&2; sleep 2; exit 3'],
    restart: 'always',
  },
  {
    name: 'lab-healthy',
    command: serve(8080),
    healthCommand: 'wget -q -O /dev/null http://127.0.0.1:8080/',
  },
  {
    name: 'lab-unhealthy',
    command: ['sleep', '1000000'],
    healthCommand: 'wget -q -O /dev/null http://127.0.0.1:8080/',
  },
  {
    name: 'shop-web-1',
    command: serve(80),
    labels: compose('shop', 'web'),
    env: { SESSION_SECRET: 'b7c1f0a8e2d94c6f', API_TOKEN: 'tok_51Hc0Yk2eZvKYlo2C', PUBLIC_NAME: 'shop' },
  },
  {
    name: 'shop-db-1',
    command: ['nc', '-ll', '-p', '5432', '-e', 'cat'],
    labels: compose('shop', 'db'),
    env: { POSTGRES_USER: 'shop', POSTGRES_PASSWORD: 'correct-horse-battery' },
  },
  { name: 'lab-finished', command: ['sh', '-c', 'echo done'] },
  { name: 'lab-paused', command: ['sleep', '1000000'] },
];

/** Starts the scene's containers; needs the lab's image. */
export const startScene = async (engine: Engine): Promise<void> => {
  for (const spec of SCENE) await runContainer(engine, spec);
  await engine.call('POST', '/containers/lab-paused/pause');
};

/** Removes what an earlier `startScene` left; containers of tests stay. */
export const removeScene = async (engine: Engine): Promise<void> => {
  const names = new Set(SCENE.map(({ name }) => `/${name}`));
  for (const { Id, Names } of await listLabContainers(engine))
    if (Names.some((name) => names.has(name))) await removeContainer(engine, Id);
};
