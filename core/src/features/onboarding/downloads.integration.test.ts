/** What the core hands out: programs that are what they say, and an image that a real Docker engine takes and runs. */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeContainer } from '../../../../lab/containers.ts';
import { nodes } from '../../schema/nodes.ts';
import { ARCHITECTURES, createBinaries } from './binaries.ts';
import { enrolmentCommands } from './enrolment-commands.ts';
import { packTar } from './tar.ts';
import type { Workshop } from './testing.ts';
import { openWorkshop } from './testing.ts';

let workshop: Workshop;
beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['scripts/build-agent.mjs', '--others']);
  workshop = await openWorkshop();
}, 300_000);
afterAll(() => workshop.close());

const fetchBytes = async (path: string) => {
  const response = await fetch(`${workshop.url}${path}`);
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
};

/** ELF, <https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>: 64 bit, little-endian, and the machine. */
const MACHINE_CODES = { amd64: 62, arm64: 183 };
const PT_INTERP = 3;
const listSegments = (elf: Buffer): number[] => {
  const [offset, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => elf.readUInt32LE(offset + index * size));
};

test.each(ARCHITECTURES)(
  'the agent for %s is a static program of that processor, with the announced sum',
  async (name) => {
    const { status, body, headers } = await fetchBytes(`/agent/serverbox-agent-linux-${name}`);
    expect(status).toBe(200);
    expect(headers.get('content-length')).toBe(`${body.length}`);
    expect(body.subarray(0, 6)).toEqual(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]));
    expect(body.readUInt16LE(18)).toBe(MACHINE_CODES[name]);
    expect(listSegments(body)).not.toContain(PT_INTERP);
    const sum = createHash('sha256').update(body).digest('hex');
    const checksums = (await fetchBytes('/agent/checksums.txt')).body.toString();
    expect(checksums).toContain(`${sum}  serverbox-agent-linux-${name}\n`);
    const script = await fetchBytes('/install.sh');
    expect(script.headers.get('content-type')).toBe('text/x-shellscript; charset=utf-8');
    expect(script.body.toString()).toContain(`SHA256_${name.toUpperCase()}='${sum}'`);
    expect(script.body.toString()).not.toMatch(/@[A-Z]/);
  },
);

test('nothing else is handed out, and what is not built yet is not there', async () => {
  for (const path of [
    '/agent/serverbox-agent',
    '/agent/..%2f..%2fpackage.json',
    '/agent/image-linux-mips.tar',
    '/agent/x',
  ]) {
    expect((await fetchBytes(path)).status).toBe(404);
  }
  expect(await createBinaries('/nonexistent').find('arm64')).toBeUndefined();
});

test('the image is loaded by a real engine, enrols with a token that it does not keep, and measures the machine', async () => {
  const { engine, url, agents } = workshop;
  const image = (await fetchBytes(`/agent/image-linux-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.tar`)).body;
  expect(JSON.stringify(await engine.call('POST', '/images/load?quiet=1', image))).not.toContain('errorDetail');
  const token = (await agents.issueToken({ nodeName: 'contained', isLocal: false })).token.reveal();
  const volume = `sb-agent-${randomBytes(4).toString('hex')}`;
  const host = {
    NetworkMode: 'host',
    PidMode: 'host',
    UTSMode: 'host',
    Binds: ['/:/host:ro', `${workshop.socketPath}:/var/run/docker.sock`, `${volume}:/var/lib/serverbox-agent`],
  };
  const started: string[] = [];
  const start = async (Cmd: string[] | undefined, prepare?: (id: string) => Promise<unknown>) => {
    const { Id } = (await engine.call('POST', `/containers/create?name=${volume}-${started.length}`, {
      Image: 'serverbox-agent',
      Cmd,
      HostConfig: host,
    })) as { Id: string };
    started.push(Id);
    await prepare?.(Id);
    await engine.call('POST', `/containers/${Id}/start`);
    return Id;
  };
  try {
    const { docker } = enrolmentCommands({ baseUrl: url, token, coreKey: agents.coreKeyFingerprint, mode: 'operate' });
    const command = /serverbox-agent (enroll .*) --token-file -/.exec(docker)?.[1]?.split(' ') ?? [];
    const tokenFile = packTar([{ name: 'tmp/token', mode: 0o600, content: Buffer.from(token) }]);
    const enrolment = await start([...command, '--token-file', '/tmp/token'], (id) =>
      engine.call('PUT', `/containers/${id}/archive?path=/`, tokenFile),
    );
    expect(await engine.call('POST', `/containers/${enrolment}/wait`)).toMatchObject({ StatusCode: 0 });
    await start(undefined);
    const nodeId = await workshop.untilLinked();
    expect(workshop.links.get(nodeId).services).toEqual(['metrics', 'docker:read', 'docker:write']);
    const [node] = await workshop.database.db.select().from(nodes);
    expect(node?.facts?.hostname).toBe(hostname());
    expect(node?.facts?.dockerVersion).toMatch(/^\d/);
    const inspected = JSON.stringify(await engine.call('GET', `/containers/${started[1]}/json`));
    expect(inspected).not.toContain(token);
  } finally {
    for (const id of started) await removeContainer(engine, id);
    await engine.call('DELETE', `/volumes/${volume}`);
    await engine.call('DELETE', '/images/serverbox-agent:latest');
    await engine.call('DELETE', '/images/serverbox-agent:0.1.0');
  }
}, 60_000);
