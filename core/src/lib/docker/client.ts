/** The Engine API as functions. Each takes a checked id; each answer is parsed; each call has a deadline. */
import type { Readable } from 'node:stream';
import type { ContainerId } from '@serverbox/contract/ids';
import { notFound } from '../errors.ts';
import type { EngineHttp, Query } from './engine-http.ts';
import { jsonLines } from './json-lines.ts';
import type { LogFrames } from './log-frames.ts';
import { createLogFrames, createRawFrames } from './log-frames.ts';
import type { ContainerSummary } from './replies.ts';
import { ContainerInspect, ContainerSummaries, EngineEvent, Version } from './replies.ts';

const READ_TIMEOUT_MS = 10_000;
const LIST_TIMEOUT_MS = 20_000;
const WRITE_TIMEOUT_MS = 30_000;
/** Stopping waits for the container's own stop time (10 s unless it says otherwise) and then for its KILL. */
const STOP_TIMEOUT_MS = 90_000;
const MAX_EVENT_BYTES = 1024 * 1024;

/** What changes a row of the list. The engine also tells of each exec of each health check; those are filtered out there. */
const LISTENED_ACTIONS = [
  ...['create', 'start', 'restart', 'stop', 'die', 'kill', 'oom', 'pause', 'unpause', 'rename', 'update', 'destroy'],
  'health_status',
];

export interface LogsQuery {
  /** The newest lines to begin with. */
  tail: number;
  since: Date | undefined;
  until: Date | undefined;
  follow: boolean;
  timestamps: boolean;
  /** What inspect said: decides how the bytes are framed where the engine does not say. */
  hasTty: boolean;
}

export interface OpenLog {
  body: Readable;
  frames: LogFrames;
}

export interface DockerReads {
  version(): Promise<Version>;
  /** Every container, stopped ones included; or those of `ids` that exist. Newest first. */
  listContainers(options: { ids?: readonly ContainerId[]; signal?: AbortSignal }): Promise<ContainerSummary[]>;
  /** @throws AppError `not_found` also where the engine would take the id for a name or for another prefix */
  inspect(id: ContainerId, signal?: AbortSignal): Promise<ContainerInspect>;
  /**
   * What happens to containers from `since` on (by the engine's clock), until the connection breaks or `signal` aborts. The
   * engine remembers its last 256 events; an older gap is not filled.
   */
  openEvents(options: { since: Date; signal: AbortSignal }): Promise<AsyncGenerator<EngineEvent>>;
  /** Bytes of the log with the way to take them apart. Holds one connection until read to its end or destroyed. */
  openLogs(id: ContainerId, query: LogsQuery, signal: AbortSignal): Promise<OpenLog>;
  /** The engine's clock minus ours, to the second. */
  clockOffsetMs(): Promise<number>;
}

export interface DockerWrites {
  start(id: ContainerId): Promise<void>;
  stop(id: ContainerId): Promise<void>;
  restart(id: ContainerId): Promise<void>;
  kill(id: ContainerId, signal: string): Promise<void>;
  pause(id: ContainerId): Promise<void>;
  unpause(id: ContainerId): Promise<void>;
  remove(id: ContainerId, options: { force: boolean; volumes: boolean }): Promise<void>;
}

const engineTime = (at: Date | undefined): string | undefined => at && (at.getTime() / 1000).toFixed(3);

const inspectOf = async (http: EngineHttp, id: ContainerId, signal: AbortSignal | undefined) => {
  const path = `/containers/${id}/json` as const;
  const call = { method: 'GET' as const, path, timeoutMs: READ_TIMEOUT_MS, ...(signal && { signal }) };
  const found = await http.json(call, ContainerInspect);
  // The engine prefers a container *named* like this id over one whose id begins so.
  if (!found.Id.startsWith(id)) throw notFound('The container');
  return found;
};

async function* containerEvents(body: Readable): AsyncGenerator<EngineEvent> {
  for await (const line of jsonLines(body, MAX_EVENT_BYTES)) yield EngineEvent.parse(line);
}

export const createDockerReads = (http: EngineHttp): DockerReads => ({
  version: () => http.json({ method: 'GET', path: '/version', timeoutMs: READ_TIMEOUT_MS }, Version),
  clockOffsetMs: () => http.clockOffsetMs(),
  inspect: (id, signal) => inspectOf(http, id, signal),
  listContainers: ({ ids, signal }) => {
    const query: Query = { all: true, ...(ids && { filters: JSON.stringify({ id: ids }) }) };
    const call = { method: 'GET' as const, path: '/containers/json' as const, query, timeoutMs: LIST_TIMEOUT_MS };
    return http.json({ ...call, ...(signal && { signal }) }, ContainerSummaries);
  },
  openEvents: async ({ since, signal }) => {
    const filters = JSON.stringify({ type: ['container'], event: LISTENED_ACTIONS });
    const query = { since: engineTime(since), filters };
    const call = { method: 'GET' as const, path: '/events' as const, query, timeoutMs: READ_TIMEOUT_MS, signal };
    return containerEvents((await http.stream(call)).body);
  },
  openLogs: async (id, { tail, since, until, follow, timestamps, hasTty }, signal) => {
    const range = { since: engineTime(since), until: engineTime(until), tail };
    const query = { stdout: true, stderr: true, timestamps, follow, ...range };
    const path = `/containers/${id}/logs` as const;
    const { body, contentType } = await http.stream({ method: 'GET', path, query, timeoutMs: READ_TIMEOUT_MS, signal });
    // Since API 1.42 the type of the answer says how it is framed; before that only the container's TTY does.
    const isRaw = contentType.includes('multiplexed') ? false : hasTty;
    return { body, frames: isRaw ? createRawFrames() : createLogFrames() };
  },
});

export const createDockerWrites = (http: EngineHttp): DockerWrites => {
  const post = (id: ContainerId, verb: string, timeoutMs: number, query: Query = {}) =>
    http.send({ method: 'POST', path: `/containers/${id}/${verb}`, query, timeoutMs });
  return {
    start: (id) => post(id, 'start', WRITE_TIMEOUT_MS),
    stop: (id) => post(id, 'stop', STOP_TIMEOUT_MS),
    restart: (id) => post(id, 'restart', STOP_TIMEOUT_MS),
    kill: (id, signal) => post(id, 'kill', WRITE_TIMEOUT_MS, { signal }),
    pause: (id) => post(id, 'pause', WRITE_TIMEOUT_MS),
    unpause: (id) => post(id, 'unpause', WRITE_TIMEOUT_MS),
    remove: (id, { force, volumes }) =>
      http.send({
        method: 'DELETE',
        path: `/containers/${id}`,
        query: { force, v: volumes },
        timeoutMs: WRITE_TIMEOUT_MS,
      }),
  };
};
