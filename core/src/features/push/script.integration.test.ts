/** The push script on a real engine: what crosses the wire, and what it does when Docker or the core fails. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MASK } from '@serverbox/contract/containers';
import { PushReport } from '@serverbox/contract/push';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { TestDocker } from '../../lib/docker/testing.ts';
import { openTestDocker } from '../../lib/docker/testing.ts';

const SCRIPT = resolve(import.meta.dirname, '../../../../deploy/push/serverbox-push.sh');
const TOKEN = `sbn_${'Aa1'.repeat(17)}`;
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

let docker: TestDocker;
beforeAll(async () => {
  docker = await openTestDocker('sb-push');
});
afterAll(() => docker.close());

/** Takes reports and keeps every byte of them. */
const openSink = async () => {
  const received: { text: string; authorization: string | undefined }[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = `${JSON.stringify(request.headers)}${Buffer.concat(chunks)}`;
      received.push({ text, authorization: request.headers.authorization });
      response.writeHead(status).end('{}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (next: number): void => {
      status = next;
    },
    close: () => new Promise((done) => server.close(done)),
  };
};

let sink: Awaited<ReturnType<typeof openSink>>;
let dir: string;
let config: string;
beforeEach(async () => {
  sink = await openSink();
  dir = await mkdtemp(join(tmpdir(), 'serverbox-push-'));
  config = join(dir, 'push.conf');
  const lines = [`SERVERBOX_URL=${sink.url}/`, 'SERVERBOX_HOST_ID=vm-1', `SERVERBOX_TOKEN=${TOKEN}`, ''];
  await writeFile(config, lines.join('\n'), { mode: 0o600 });
});
afterEach(async () => {
  await sink.close();
  await rm(dir, { recursive: true, force: true });
});

const run = (env: Record<string, string> = {}, args: string[] = []) =>
  new Promise<{ code: number; output: string }>((done) => {
    const environment = { PATH: SYSTEM_PATH, TMPDIR: dir, DOCKER_HOST: `unix://${docker.socketPath}`, ...env };
    execFile('bash', [SCRIPT, '--config', config, ...args], { env: environment }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
const reportIn = ({ text }: { text: string }) => PushReport.parse(JSON.parse(text.slice(text.indexOf('}{') + 1)));
const lastReport = () => reportIn(sink.received.at(-1) ?? expect.fail('a report came'));

test('tells of containers in every state, as the contract has it', async () => {
  const web = await docker.run(['sleep', '600'], {
    Env: ['NODE_ENV=production', 'EMPTY=', 'EQUALS=a=b'],
    Labels: { 'com.docker.compose.project': 'shop' },
    ExposedPorts: { '80/tcp': {} },
    HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 }, Binds: ['/tmp:/data:ro'] },
  });
  const made = await docker.create(['true']);
  const ended = await docker.run(['sh', '-c', 'exit 7']);
  await expect.poll(async () => (await docker.reads.inspect(ended)).State.Status).toBe('exited');
  expect(await run()).toEqual({ code: 0, output: '' });
  expect(sink.received[0]?.authorization).toBe(`Bearer ${TOKEN}`);
  const { hostId, hostname, containers } = lastReport();
  expect([hostId, hostname]).toEqual(['vm-1', (await readFile('/proc/sys/kernel/hostname', 'utf8')).trim()]);
  const of = (id: string) => containers.find((one) => one.id === id);
  expect(of(web)).toMatchObject({
    ...{ state: 'running', health: 'none', restartPolicy: 'on-failure:3', command: 'sleep 600' },
    status: expect.stringMatching(/^Up /),
    env: expect.arrayContaining([
      { key: 'NODE_ENV', value: 'production' },
      { key: 'EMPTY', value: '' },
      { key: 'EQUALS', value: 'a=b' },
    ]),
    labels: { 'com.docker.compose.project': 'shop' },
    mounts: [{ type: 'bind', source: '/tmp', destination: '/data', rw: false }],
    stats: { memLimit: expect.any(Number), cpuPercent: expect.any(Number) },
  });
  expect(of(web)?.stats?.memUsage).toBeGreaterThan(0);
  expect(of(made)).toMatchObject({ state: 'created', startedAt: null });
  expect(of(ended)).toMatchObject({ state: 'exited', status: expect.stringMatching(/^Exited \(7\)/), stats: null });
});

test('SE-2 no secret crosses the wire, wherever it stands in a container', async () => {
  const canary = 'kV9tQ2mZ7xL4pR8sW3nB6';
  const word = 'hunter22';
  await docker.run(['sh', '-c', 'sleep 600', '--password', word, '--dsn', `mysql://root:${word}@db/x`, canary], {
    Env: [
      `DB_PASSWORD=${word}`,
      `DATABASE_URL=postgres://app:${canary}@db:5432/app?sslmode=off`,
      `OPAQUE=${canary}`,
      `JSON={"token":"${word}"}`,
      `COPY=before ${word} after`,
      `PEM=-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----`,
      `LONG=${'x'.repeat(20_000)}${canary}`,
    ],
    Labels: { 'traefik.auth.users': `admin:${word}`, note: `Bearer ${canary}`, url: `https://${canary}@host/` },
    HostConfig: { Binds: [`/tmp/${canary}:/data`] },
  });
  expect((await run()).code).toBe(0);
  const wire = sink.received.map(({ text }) => text).join();
  expect(wire).toContain(MASK);
  expect(wire).not.toContain(canary);
  expect(wire).not.toContain(word);
  expect(wire).not.toContain(canary.slice(0, 12));
});

test('tells of more containers than one question holds, and passes over those that vanish meanwhile', async () => {
  const ids = await Promise.all(Array.from({ length: 64 }, () => docker.create(['true'])));
  const gone = ids[10] ?? expect.fail('there are 64');
  // Stands in front of docker and removes a container between the list and the questions about it.
  const bin = join(dir, 'bin');
  await mkdir(bin);
  const remove = `curl -s -X DELETE --unix-socket ${docker.socketPath} 'http://x/containers/${gone}?force=1' >/dev/null`;
  await writeFile(join(bin, 'docker'), `#!/bin/sh\n[ "$1" = inspect ] && ${remove}\nexec /usr/local/bin/docker "$@"\n`);
  await chmod(join(bin, 'docker'), 0o755);
  expect(await run({ PATH: `${bin}:${SYSTEM_PATH}` })).toEqual({ code: 0, output: '' });
  const told = lastReport().containers.map(({ id }) => id);
  expect(ids.filter((id) => !told.includes(id))).toEqual([gone]);
});

test('says nothing, and not "nothing is there", while Docker is away or answers by halves', async () => {
  const away = await run({ DOCKER_HOST: `unix://${dir}/no.sock` });
  expect(away).toMatchObject({ code: 1, output: expect.stringContaining('docker does not answer') });
  await docker.create(['true']);
  const bin = join(dir, 'bin');
  await mkdir(bin);
  await writeFile(
    join(bin, 'docker'),
    '#!/bin/sh\n[ "$1" = inspect ] && echo "[]" && exit 1\nexec /usr/local/bin/docker "$@"\n',
  );
  await chmod(join(bin, 'docker'), 0o755);
  const halves = await run({ PATH: `${bin}:${SYSTEM_PATH}` });
  expect(halves).toMatchObject({ code: 1, output: expect.stringContaining('docker did not tell of all') });
  const without = join(dir, 'few');
  await mkdir(without);
  for (const name of ['bash', 'jq', 'curl', 'timeout']) await symlink(`/usr/bin/${name}`, join(without, name));
  expect(await run({ PATH: without })).toMatchObject({ code: 1, output: expect.stringContaining('docker is missing') });
  expect(sink.received).toEqual([]);
});

test('a refusal is told, and a configuration that others can read is not used', async () => {
  sink.answer(403);
  expect(await run()).toMatchObject({ code: 1, output: expect.stringContaining('HTTP 403') });
  await chmod(config, 0o644);
  expect(await run()).toMatchObject({ code: 1, output: expect.stringContaining('chmod 600') });
  expect(sink.received).toHaveLength(1);
});

test('the token is in no command line while the report is on its way', async () => {
  const bin = join(dir, 'bin');
  await mkdir(bin);
  const seen = join(dir, 'seen');
  await writeFile(
    join(bin, 'curl'),
    `#!/bin/sh\ncat /proc/[0-9]*/cmdline >${seen} 2>/dev/null\nexec /usr/bin/curl "$@"\n`,
  );
  await chmod(join(bin, 'curl'), 0o755);
  expect((await run({ PATH: `${bin}:${SYSTEM_PATH}` })).code).toBe(0);
  expect(await readFile(seen, 'utf8')).toContain('serverbox-push.sh');
  expect(await readFile(seen, 'utf8')).not.toContain(TOKEN);
  expect(sink.received[0]?.authorization).toBe(`Bearer ${TOKEN}`);
});
