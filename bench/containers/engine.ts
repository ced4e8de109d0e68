/** A Docker engine of the benchmark's own, so that a thousand containers bother nobody else. Only root can start one. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DockerdPlace } from '../../lab/dockerd.ts';
import { findDockerdState, startDockerd, stopDockerd } from '../../lab/dockerd.ts';
import type { Engine } from '../../lab/engine.ts';
import { connectEngine } from '../../lab/engine.ts';
import { ensureImage, LAB_IMAGE } from '../../lab/image.ts';

/** RFC 2544 keeps 198.18.0.0/15 for test benches: no real network is there. */
const PLACE: DockerdPlace = {
  dir: join(tmpdir(), 'serverbox-bench-docker'),
  bridge: 'sbxbench0',
  bridgeAddress: '198.18.249.1/24',
};
const AT_ONCE = 8;
const PER_PROJECT = 4;

export interface BenchEngine {
  engine: Engine;
  dir: string;
  /** Removes everything that was in it. */
  stop(): Promise<void>;
}

const inParallel = async <T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> => {
  const left = items[Symbol.iterator]();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
};

const removeAll = async (engine: Engine): Promise<void> => {
  const all = (await engine.call('GET', '/containers/json?all=1')) as { Id: string }[];
  await inParallel(all, ({ Id }) => engine.call('DELETE', `/containers/${Id}?force=1&v=1`));
};

export const openBenchEngine = async (): Promise<BenchEngine> => {
  // One that a killed run left behind.
  const old = await findDockerdState(PLACE);
  if (old !== undefined) await stopDockerd(old);
  const state = await startDockerd(PLACE);
  const engine = connectEngine(state.socketPath);
  await ensureImage(engine);
  return {
    engine,
    dir: PLACE.dir,
    stop: async () => {
      await removeAll(engine);
      await stopDockerd(state);
    },
  };
};

const bodyOf = (number: number): object => ({
  Image: LAB_IMAGE,
  Cmd: ['sleep', '1000000'],
  Labels: {
    'com.docker.compose.project': `project-${Math.floor(number / PER_PROJECT)}`,
    'com.docker.compose.service': `service-${number % PER_PROJECT}`,
  },
  HostConfig: { NetworkMode: 'none' },
});

/** @returns the full id */
export const createContainer = async (engine: Engine, name: string, number = 0): Promise<string> => {
  const created = await engine.call('POST', `/containers/create?name=${name}`, bodyOf(number));
  return (created as { Id: string }).Id;
};

/** Running, and doing nothing. */
export const startContainers = (engine: Engine, count: number): Promise<void> =>
  inParallel(
    Array.from({ length: count }, (_, number) => number),
    async (number) => {
      const id = await createContainer(engine, `bench-${number}`, number);
      await engine.call('POST', `/containers/${id}/start`);
    },
  );

/** Created and never started, four to a Compose project. */
export const createContainers = (engine: Engine, count: number): Promise<void> =>
  inParallel(
    Array.from({ length: count }, (_, number) => number),
    (number) => createContainer(engine, `bench-${number}`, number),
  );
