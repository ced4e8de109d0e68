/** Engines that are not here: newer ones, and peers that are none. Real sockets, answers in the shape of the documentation. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainerId } from '@serverbox/contract/ids';
import { afterEach, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { createDockerReads, createDockerWrites } from './client.ts';
import type { EngineHttp } from './engine-http.ts';
import { createEngineHttp, negotiateVersion } from './engine-http.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const connectTo = (path: string) => async () => {
  const socket = connect(path);
  await once(socket, 'connect');
  return socket;
};
const listen = async (server: Server): Promise<EngineHttp> => {
  const dir = await mkdtemp(join(tmpdir(), 'sb-engine-'));
  const path = join(dir, 'docker.sock');
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(path);
  await once(server, 'listening');
  const http = createEngineHttp(connectTo(path));
  closing.push(async () => {
    await http.close();
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(dir, { recursive: true });
  });
  return http;
};

const ID = ContainerId.parse('c1'.repeat(32));
/** An engine of the given API version; `answer` sees the path below the version. */
const engine = (
  apiVersion: string,
  answer: (path: string, request: IncomingMessage, response: ServerResponse) => void,
) => {
  const paths: string[] = [];
  const listener: RequestListener = (request, response) => {
    if (request.url === '/_ping') {
      response.setHeader('api-version', apiVersion);
      return response.end('OK');
    }
    paths.push(request.url ?? '');
    return answer((request.url ?? '').replace(/^\/v1\.\d+/, ''), request, response);
  };
  return { server: createServer(listener), paths };
};

test('the newest version that both sides know is spoken', () => {
  expect(['1.24', '1.41', '1.44', '1.52', '1.100'].map(negotiateVersion)).toEqual([
    '1.24',
    '1.41',
    '1.44',
    '1.44',
    '1.44',
  ]);
  expect(() => negotiateVersion('1.18')).toThrow(/1\.24 is needed/);
  expect(() => negotiateVersion('2.0; rm')).toThrow(/which API/);
});

test('answers of API 1.52 are read, fields without a meaning for us and Go nulls included', async () => {
  const summary = {
    Id: ID,
    Names: ['/web'],
    Image: 'nginx:1.29',
    ImageID: `sha256:${'0'.repeat(64)}`,
    ImageManifestDescriptor: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: 'sha256:0', size: 1 },
    Command: "nginx -g 'daemon off;'",
    Created: 1_767_225_600,
    Ports: null,
    Labels: null,
    State: 'running',
    Status: 'Up 3 hours (healthy)',
    HostConfig: { NetworkMode: 'bridge', Annotations: null },
    Health: { Status: 'healthy', FailingStreak: 0 },
    NetworkSettings: { Networks: { bridge: { GwPriority: 0, DNSNames: null } } },
    Mounts: [],
    FutureField: { deep: [1] },
  };
  const inspect = {
    Id: ID,
    Created: '2026-01-01T00:00:00.123456789Z',
    Name: '/web',
    State: {
      Status: 'running',
      Running: true,
      StartedAt: '2026-01-01T00:00:01Z',
      FinishedAt: '0001-01-01T00:00:00Z',
      Health: null,
    },
    Image: `sha256:${'0'.repeat(64)}`,
    Config: {
      Image: 'nginx:1.29',
      Env: null,
      Cmd: null,
      Entrypoint: null,
      Labels: null,
      Healthcheck: { StartInterval: 5 },
    },
    HostConfig: { Binds: null, RestartPolicy: { Name: 'no' }, LogConfig: { Type: 'local', Config: {} }, Mounts: null },
    NetworkSettings: {
      Ports: { '80/tcp': null },
      Networks: { bridge: { Aliases: null, GwPriority: 0, IPAddress: '172.17.0.2' } },
    },
    Mounts: null,
  };
  const { server, paths } = engine('1.52', (path, _request, response) => {
    response.end(JSON.stringify(path.startsWith('/containers/json') ? [summary] : inspect));
  });
  const reads = createDockerReads(await listen(server));
  expect((await reads.listContainers({}))[0]).toMatchObject({
    Id: ID,
    Ports: [],
    Labels: {},
    Health: { Status: 'healthy' },
  });
  expect(await reads.inspect(ID)).toMatchObject({
    Config: { Env: [] },
    NetworkSettings: { Ports: { '80/tcp': [] } },
    Mounts: [],
  });
  expect(paths).toEqual(['/v1.44/containers/json?all=true', `/v1.44/containers/${ID}/json`]);
});

test('since API 1.42 the type of the answer, not the TTY, says how a log is framed', async () => {
  const { server } = engine('1.44', (_path, _request, response) => {
    response.setHeader('content-type', 'application/vnd.docker.multiplexed-stream');
    response.end(Buffer.from([1, 0, 0, 0, 0, 0, 0, 2, 0x68, 0x69]));
  });
  const reads = createDockerReads(await listen(server));
  const query = { tail: 1, since: undefined, until: undefined, follow: false, timestamps: false, hasTty: true };
  const { body, frames } = await reads.openLogs(ID, query, new AbortController().signal);
  const pieces = (await body.toArray()).flatMap((chunk: Buffer) => frames.push(chunk));
  expect(pieces.map(({ bytes }) => bytes.toString())).toEqual(['hi']);
});

test.each([
  [404, 'No such container: x', 'not_found'],
  [409, 'container is paused', 'conflict'],
  [500, 'driver failed: DB_PASSWORD=hunter2\u001b[31m', 'docker_error'],
  [403, "refused by this node's policy", 'refused_by_policy'],
])('status %i becomes an error of ours, in words that are fit to be shown', async (status, message, code) => {
  const { server } = engine('1.41', (_path, _request, response) => {
    response.statusCode = status;
    response.end(JSON.stringify({ message }));
  });
  const error = await createDockerWrites(await listen(server))
    .start(ID)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  expect(String(error)).not.toContain('hunter2');
  expect(String(error)).not.toContain('\u001b');
});

test('a container that is named like an id prefix is not taken for the container with that id', async () => {
  const { server } = engine('1.41', (_path, _request, response) => {
    response.end(JSON.stringify({ Id: 'ee'.repeat(32), State: {}, Config: {}, HostConfig: {}, NetworkSettings: {} }));
  });
  const asked = ContainerId.parse('c1c1c1c1c1c1');
  await expect(createDockerReads(await listen(server)).inspect(asked)).rejects.toMatchObject({ code: 'not_found' });
});

test.each([
  ['no JSON', 'not json'],
  ['another shape', '{"rows":[]}'],
  ['an id that is none', JSON.stringify([{ Id: '../../etc/passwd' }])],
])('a list that is %s is an error, never an empty list', async (_what, body) => {
  const { server } = engine('1.41', (_path, _request, response) => response.end(body));
  await expect(createDockerReads(await listen(server)).listContainers({})).rejects.toMatchObject({
    code: 'docker_error',
  });
});

test('an endless answer is given up at the bound', async () => {
  const { server } = engine('1.41', (_path, _request, response) => {
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  });
  await expect(createDockerReads(await listen(server)).listContainers({})).rejects.toThrow(/larger than/);
});

test('a peer that speaks no HTTP, or hangs up, is told apart from an engine', async () => {
  const garbage = createTcpServer((socket) => {
    socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'));
  });
  await expect(createDockerReads(await listen(garbage)).version()).rejects.toMatchObject({ code: 'docker_error' });
  const mute = createTcpServer((socket) => void socket.destroy());
  await expect(createDockerReads(await listen(mute)).version()).rejects.toMatchObject({ code: 'docker_unavailable' });
});

test('a call ends when its caller goes', async () => {
  const { server } = engine('1.41', () => undefined);
  const reads = createDockerReads(await listen(server));
  const caller = new AbortController();
  const call = reads.inspect(ID, caller.signal);
  setTimeout(() => caller.abort(new Error('caller went')), 50);
  await expect(call).rejects.toThrow('caller went');
});

test.each([
  ['ENOENT', /not installed, or it is not running/],
  ['EACCES', /group docker/],
  ['ECONNREFUSED', /not running/],
])('a dial that fails with %s says why in a sentence', async (code, sentence) => {
  const http = createEngineHttp(() => Promise.reject(Object.assign(new Error('dial failed'), { code })));
  closing.push(() => http.close());
  const error = await createDockerReads(http)
    .version()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'docker_unavailable', message: expect.stringMatching(sentence) });
});

test('a lost link and a refusal by policy stay what they are', async () => {
  for (const code of ['node_unreachable', 'refused_by_policy', 'timed_out'] as const) {
    const http = createEngineHttp(() => Promise.reject(new AppError(code, 'As the link says.')));
    closing.push(() => http.close());
    await expect(createDockerReads(http).version()).rejects.toMatchObject({ code, message: 'As the link says.' });
  }
});

test('after a broken connection the version is negotiated anew, because the engine may be another one', async () => {
  let version = '1.40';
  const server = createServer((request, response) => {
    response.setHeader('api-version', version);
    if (request.url === '/_ping') return response.end('OK');
    if (request.url?.includes('version=') || version === 'cut') return request.socket.destroy();
    return response.end(JSON.stringify({ Version: request.url }));
  });
  const reads = createDockerReads(await listen(server));
  expect((await reads.version()).Version).toBe('/v1.40/version');
  version = 'cut';
  await expect(reads.version()).rejects.toMatchObject({ code: 'docker_unavailable' });
  version = '1.43';
  expect((await reads.version()).Version).toBe('/v1.43/version');
});

test('who reads or waits when the connection is closed on purpose hears that the node is away', async () => {
  const { server } = engine('1.41', (path, _, response) => {
    if (path.startsWith('/stream')) response.write('begun');
  });
  const http = await listen(server);
  const call = { method: 'GET', timeoutMs: 5000 } as const;
  const { body } = await http.stream({ ...call, path: '/stream' });
  const reading = (async () => {
    for await (const _ of body);
  })();
  const waiting = http.send({ ...call, path: '/never' });
  const ends = Promise.allSettled([reading, waiting]);
  await once(server, 'request').catch(() => undefined);
  await http.close();
  for (const end of await ends) {
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'node_unreachable' } });
  }
});
