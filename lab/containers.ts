import type { Engine } from './engine.ts';
import { LAB_IMAGE } from './image.ts';

/** Carried by every container and network the lab makes, so that they can be found again. */
export const LAB_LABEL = 'dev.serverbox.lab';

export type ContainerSpec = {
  name: string;
  /** The lab's small one unless named. */
  image?: string;
  command: readonly string[];
  env?: Readonly<Record<string, string>>;
  labels?: Readonly<Record<string, string>>;
  /** Port of the container to publish on a port of 127.0.0.1. */
  publish?: { containerPort: number; hostPort: number };
  healthCommand?: string;
  restart?: 'no' | 'always';
  network?: string;
};

const NS_PER_SECOND = 1_000_000_000;

const bodyOf = (spec: ContainerSpec): object => {
  const port = spec.publish === undefined ? undefined : `${spec.publish.containerPort}/tcp`;
  return {
    Image: spec.image ?? LAB_IMAGE,
    Cmd: spec.command,
    Env: Object.entries(spec.env ?? {}).map(([name, value]) => `${name}=${value}`),
    Labels: { ...spec.labels, [LAB_LABEL]: spec.name },
    StopTimeout: 1,
    ...(spec.healthCommand === undefined
      ? {}
      : {
          Healthcheck: {
            Test: ['CMD-SHELL', spec.healthCommand],
            Interval: NS_PER_SECOND,
            Timeout: NS_PER_SECOND,
            Retries: 2,
          },
        }),
    ...(port === undefined ? {} : { ExposedPorts: { [port]: {} } }),
    HostConfig: {
      NetworkMode: spec.network ?? 'bridge',
      RestartPolicy: { Name: spec.restart ?? 'no' },
      ...(port === undefined
        ? {}
        : { PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: String(spec.publish?.hostPort) }] } }),
    },
  };
};

/** Creates and starts a container of the lab's image. @returns its full id */
export const runContainer = async (engine: Engine, spec: ContainerSpec): Promise<string> => {
  const created = await engine.call('POST', `/containers/create?name=${spec.name}`, bodyOf(spec));
  const id = (created as { Id: string }).Id;
  await engine.call('POST', `/containers/${id}/start`);
  return id;
};

/** Ends and removes a container with its anonymous volumes. */
export const removeContainer = async (engine: Engine, idOrName: string): Promise<void> => {
  await engine.call('DELETE', `/containers/${idOrName}?force=1&v=1`);
};

const filterByLabel = `filters=${encodeURIComponent(JSON.stringify({ label: [LAB_LABEL] }))}`;

export type LabContainer = { Id: string; Names: string[]; State: string; Status: string };

/** Every container the lab made in this engine, running or not. */
export const listLabContainers = async (engine: Engine): Promise<LabContainer[]> =>
  (await engine.call('GET', `/containers/json?all=1&${filterByLabel}`)) as LabContainer[];

/** Removes every container and network the lab made in this engine. */
export const removeLabContainers = async (engine: Engine): Promise<void> => {
  for (const { Id } of await listLabContainers(engine)) await removeContainer(engine, Id);
  await engine.call('POST', `/networks/prune?${filterByLabel}`);
};
