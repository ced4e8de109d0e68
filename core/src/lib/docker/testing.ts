/** For tests of this folder and of what is built on it: a real engine, reached as a node's link would reach it. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { ContainerId } from '@serverbox/contract/ids';
import { ensureDockerd } from '../../../../lab/docker.ts';
import type { Engine } from '../../../../lab/engine.ts';
import { connectEngine } from '../../../../lab/engine.ts';
import { ensureImage, LAB_IMAGE } from '../../../../lab/image.ts';
import { silentLog } from '../log.ts';
import type { DockerReads, DockerWrites } from './client.ts';
import { createDockerReads, createDockerWrites } from './client.ts';
import type { DockerConnect } from './connection.ts';
import type { EngineHttp } from './engine-http.ts';
import { createEngineHttp } from './engine-http.ts';
import type { DockerShells } from './shell.ts';
import { createDockerShells } from './shell.ts';

/** A connector whose connections can be cut, as a lost link or a restarted engine would. */
export interface CuttableConnect {
  connect: DockerConnect;
  /** Breaks every open connection. */
  cut(): void;
  /** Breaks every open connection and finds no socket any more, until it is restored. */
  lose(): void;
  restore(): void;
  openCount(): number;
}

const createCuttableConnect = (socketPath: string): CuttableConnect => {
  const open = new Set<Socket>();
  let isLost = false;
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    connect: async () => {
      const socket = connect(isLost ? `${socketPath}.gone` : socketPath);
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      await once(socket, 'connect');
      return socket;
    },
    cut,
    lose: () => {
      isLost = true;
      cut();
    },
    restore: () => {
      isLost = false;
    },
    openCount: () => open.size,
  };
};

export interface TestDocker {
  socketPath: string;
  engine: Engine;
  http: EngineHttp;
  reads: DockerReads;
  writes: DockerWrites;
  shells: DockerShells;
  connection: CuttableConnect;
  /** Creates a container that does not run yet. Every one is removed by `close`. */
  create(command: readonly string[], options?: Record<string, unknown>): Promise<ContainerId>;
  /** Creates and starts. */
  run(command: readonly string[], options?: Record<string, unknown>): Promise<ContainerId>;
  close(): Promise<void>;
}

/** Opens the lab's engine. `name` begins the name of every container. */
export const openTestDocker = async (name: string): Promise<TestDocker> => {
  const daemon = await ensureDockerd();
  const engine = connectEngine(daemon.socketPath);
  await ensureImage(engine);
  const connection = createCuttableConnect(daemon.socketPath);
  const http = createEngineHttp(connection.connect);
  const made: ContainerId[] = [];
  // Events of an earlier test with the same names would be told again.
  const run = randomBytes(4).toString('hex');
  let count = 0;

  const create = async (command: readonly string[], options: Record<string, unknown> = {}): Promise<ContainerId> => {
    count += 1;
    const { HostConfig, ...rest } = options;
    const body = {
      Image: LAB_IMAGE,
      Cmd: command,
      StopTimeout: 1,
      ...rest,
      HostConfig: { NetworkMode: 'none', ...(HostConfig as object | undefined) },
    };
    const path = `/containers/create?name=${name}-${run}-${count}`;
    const id = ContainerId.parse(((await engine.call('POST', path, body)) as { Id: string }).Id);
    made.push(id);
    return id;
  };

  return {
    socketPath: daemon.socketPath,
    engine,
    http,
    reads: createDockerReads(http),
    writes: createDockerWrites(http),
    shells: createDockerShells(http, silentLog),
    connection,
    create,
    run: async (command, options) => {
      const id = await create(command, options);
      await engine.call('POST', `/containers/${id}/start`);
      return id;
    },
    close: async () => {
      for (const id of made) {
        await engine.call('DELETE', `/containers/${id}?force=1&v=1`).catch((error: Error) => {
          // A test may have removed it itself.
          if (!/no such container|already in progress/i.test(error.message)) throw error;
        });
      }
      await http.close();
      await daemon.stop();
    },
  };
};
