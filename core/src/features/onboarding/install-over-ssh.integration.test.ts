/** The agent is brought to a bare machine over a link that can run commands; here an agent's, which makes the same channels. */
import type { NodeId } from '@serverbox/contract/ids';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '../../lib/ids.ts';
import type { NodeLink } from '../../lib/link/link.ts';
import { nodes } from '../../schema/nodes.ts';
import type { InstallOrder } from './install-over-ssh.ts';
import { installOverSsh } from './install-over-ssh.ts';
import type { Machine, Workshop } from './testing.ts';
import { openMachine, openWorkshop } from './testing.ts';

let workshop: Workshop;
let machine: Machine;
let link: NodeLink;
let carrier: NodeId;
let nodeId: NodeId;
let before: string;
let givenUp: number;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());
beforeEach(async () => {
  machine = await openMachine(workshop.engine);
  await machine.withSystemd();
  const { url, agents } = workshop;
  const { token } = await agents.issueToken({ nodeName: 'carrier', isLocal: false });
  await machine.run(
    `cd /tmp && wget -q ${url}/agent/serverbox-agent-linux-$(uname -m | sed s/x86_64/amd64/\\;s/aarch64/arm64/)`,
  );
  await machine.run('mv /tmp/serverbox-agent-linux-* /carrier && chmod +x /carrier');
  const enrol = `/carrier enroll --state-dir /carried --core-url ${url} --core-key ${agents.coreKeyFingerprint} --services exec --token-file -`;
  await machine.run(
    `echo ${token.reveal()} | ${enrol}; setsid /carrier run --state-dir /carried </dev/null >/dev/null 2>&1 &`,
  );
  carrier = await workshop.untilLinked();
  link = workshop.links.get(carrier);
  nodeId = newId<NodeId>();
  await workshop.database.db.insert(nodes).values({ id: nodeId, name: `target-${nodeId}` });
  before = await machine.listFiles();
  givenUp = 0;
});
afterEach(async () => {
  await machine.run('kill $(pidof carrier) $(pidof serverbox-agent)');
  await machine.remove();
  await expect.poll(() => workshop.links.list()).toEqual([]);
});

const perform = (changes: Partial<InstallOrder> = {}, options: { via?: NodeLink; linkTimeoutMs?: number } = {}) =>
  installOverSsh(
    {
      links: { reach: async () => options.via ?? link, findVia: workshop.links.findVia },
      bus: workshop.bus,
      binaries: workshop.binaries,
      script: workshop.script,
      linkTimeoutMs: options.linkTimeoutMs ?? 15_000,
    },
    {
      nodeId,
      mode: 'operate',
      baseUrl: workshop.url,
      coreKey: workshop.agents.coreKeyFingerprint,
      issueToken: async () =>
        (await workshop.agents.issueToken({ nodeName: 'target', isLocal: false, forNodeId: nodeId })).token,
      onGivenUp: async () => {
        givenUp += 1;
        await workshop.agents.forget(nodeId);
      },
      ...changes,
    },
  );
const outcomes = (steps: Awaited<ReturnType<typeof perform>>) => steps.map(({ step, result }) => `${step} ${result}`);
const leftovers = async () => (await machine.run('ls /tmp')).output;

test('the node that was there gets an agent, and nothing else stays on the machine', async () => {
  const begun: string[] = [];
  using told = new DisposableStack();
  told.defer(
    workshop.bus.subscribe('install.step', (news) => {
      begun.push(`${news.nodeId === nodeId} ${news.step}`);
    }),
  );
  const steps = await perform();
  expect(begun).toEqual(['connect', 'platform', 'download', 'install', 'linked'].map((step) => `true ${step}`));
  expect(outcomes(steps), JSON.stringify(steps)).toEqual([
    'connect ok',
    'platform ok',
    'download ok',
    'install ok',
    'enrol ok',
    'linked ok',
  ]);
  expect(workshop.links.findVia(nodeId, 'agent')?.services).toEqual([
    'metrics',
    'docker:read',
    'docker:write',
    'exec',
    'terminal',
  ]);
  expect(await leftovers()).toBe('');
  expect(outcomes(await perform())).toEqual(['connect failed']);
});

test('an agent that never connects is taken away again, there and here', async () => {
  await machine.put('/bin/systemctl', '#!/bin/sh\nexit 0\n');
  before = await machine.listFiles();
  const steps = await perform({}, { linkTimeoutMs: 500 });
  expect(steps.at(-1)).toMatchObject({
    step: 'linked',
    result: 'failed',
    text: expect.stringContaining('did not connect'),
  });
  expect(await machine.listFiles()).toBe(before);
  expect(givenUp).toBe(1);
  const rows = await workshop.database.db.select().from(nodes);
  expect(rows.find(({ id }) => id === nodeId)?.hostPublicKey).toBeNull();
});

test('what the installer refuses is told in its words, and leaves nothing', async () => {
  const steps = await perform({ baseUrl: 'http://127.0.0.1:1' });
  expect(outcomes(steps)).toEqual(['connect ok', 'platform ok', 'download ok', 'install failed']);
  expect(steps.at(-1)?.text).toContain('was not enrolled');
  expect(await machine.listFiles()).toBe(before);
  expect(givenUp).toBe(0);
});

test('a machine of another kind, a user who cannot become root and a lost link end it with a reason', async () => {
  const answering = (answers: Record<string, string>): NodeLink => ({
    ...link,
    exec: (argv, options) => {
      const answer = answers[argv[0]];
      return link.exec(answer === undefined ? argv : ['sh', '-c', answer], options);
    },
  });
  const endOf = async (via: NodeLink) => (await perform({}, { via })).at(-1);
  const mips = await endOf(answering({ uname: 'echo Linux mips' }));
  expect(mips).toMatchObject({ step: 'platform', result: 'failed', text: expect.stringContaining('Linux mips') });
  const poor = await endOf(answering({ id: 'echo 1000', sudo: 'exit 1' }));
  expect(poor).toMatchObject({ step: 'platform', result: 'failed', text: expect.stringContaining('sudo') });
  const full = await endOf(answering({ sh: 'echo no space left >&2; exit 1' }));
  expect(full).toMatchObject({ step: 'download', result: 'failed', text: expect.stringContaining('no space left') });
  expect(await leftovers()).toBe('');
  link.close('cut by the test');
  expect(await endOf(link)).toMatchObject({ step: 'platform', result: 'failed' });
});
