/** The installer in a real `sh` on a bare machine, against a real core. The service manager is a stand-in that starts what the unit says. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { enrolmentCommands } from './enrolment-commands.ts';
import type { Machine, Workshop } from './testing.ts';
import { openMachine, openWorkshop } from './testing.ts';

let workshop: Workshop;
let machine: Machine;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());
beforeEach(async () => {
  machine = await openMachine(workshop.engine);
});
afterEach(async () => {
  await machine.run('kill $(pidof serverbox-agent)');
  await machine.remove();
  await expect.poll(() => workshop.links.list()).toEqual([]);
});

const PROGRAM = '/usr/local/bin/serverbox-agent';
const STATE = '/var/lib/serverbox-agent';
const UNIT = '/etc/systemd/system/serverbox-agent.service';

const issue = async () => (await workshop.agents.issueToken({ nodeName: 'bare', isLocal: false })).token.reveal();
/** As it is pasted, with what this machine has: busybox, which knows neither curl nor sudo. */
const paste = (command: string) => command.replace('curl -fsSL', 'wget -q -O -').replace('sudo ', '');
const installLine = (token: string, mode: 'operate' | 'monitor' = 'operate') =>
  paste(enrolmentCommands({ baseUrl: workshop.url, token, coreKey: workshop.agents.coreKeyFingerprint, mode }).install);
const installer = (args: string) => `wget -q -O - ${workshop.url}/install.sh | sh -s -- ${args}`;

describe('with a service manager', () => {
  beforeEach(() => machine.withSystemd());

  test('installs, links, is left alone by a second run, upgrades, and goes without a trace', async () => {
    const before = await machine.listFiles();
    const token = await issue();
    const first = await machine.run(installLine(token));
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining('This machine is enrolled as node') });
    expect(first.output).not.toContain(token);
    const nodeId = await workshop.untilLinked();
    expect(workshop.links.get(nodeId).services).toEqual(['metrics', 'docker:read', 'docker:write', 'exec', 'terminal']);
    expect((await machine.run(`stat -c %a ${PROGRAM} ${STATE} ${STATE}/identity.json`)).output).toBe('755\n700\n600\n');
    expect((await machine.run(`find / -xdev -type f -exec grep -l ${token} {} +`)).output).toBe('');
    const unit = (await machine.run(`cat ${UNIT}`)).output;
    for (const line of ['Restart=always', 'RestartPreventExitStatus=2', `ExecStart="${PROGRAM}" run`]) {
      expect(unit).toContain(line);
    }

    const identity = await machine.run(`cat ${STATE}/identity.json`);
    expect((await machine.run(installLine(token))).output).toContain('enrolled already');
    expect(await machine.run(`cat ${STATE}/identity.json`)).toEqual(identity);

    expect((await machine.run(installer('--upgrade'))).output).toContain('is installed already');
    await machine.run(`cp ${PROGRAM} /old && printf x >>/old && mv -f /old ${PROGRAM}`);
    const upgraded = await machine.run(installer('--upgrade'));
    expect(upgraded).toMatchObject({ code: 0, output: expect.stringContaining('was upgraded to 0.1.0') });
    expect(await machine.run(`cat ${STATE}/identity.json`)).toEqual(identity);
    await expect.poll(() => workshop.links.find(nodeId)?.closed.aborted, { timeout: 15_000 }).toBe(false);

    const gone = await machine.run(installer('--uninstall'));
    for (const path of [PROGRAM, STATE, UNIT]) expect(gone.output).toContain(`removed ${path}`);
    expect(await machine.listFiles()).toBe(before);
    await expect.poll(() => workshop.links.list(), { timeout: 10_000 }).toEqual([]);
    expect((await machine.run(installer('--uninstall'))).code).toBe(0);
  }, 120_000);

  test('a machine that is only to be watched gets that policy, and a service that can do little', async () => {
    expect((await machine.run(installLine(await issue(), 'monitor'))).code).toBe(0);
    expect(workshop.links.get(await workshop.untilLinked()).services).toEqual(['metrics', 'docker:read']);
    const unit = (await machine.run(`cat ${UNIT}`)).output;
    for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', `ReadWritePaths=${STATE}`]) {
      expect(unit).toContain(line);
    }
  });

  test('AG-5 a copied machine gets a node of its own with --new-identity', async () => {
    await machine.run(installLine(await issue()));
    const first = await workshop.untilLinked();
    const refused = await machine.run(installLine(await issue()));
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('add --new-identity') });
    expect(workshop.links.find(first)?.closed.aborted).toBe(false);
    expect((await machine.run(`${installLine(await issue())} --new-identity`)).code).toBe(0);
    await expect
      .poll(() => workshop.links.list().map(({ nodeId }) => nodeId === first), { timeout: 15_000 })
      .toEqual([false]);
  });
});

describe('a failure says why and leaves nothing', () => {
  let before: string;
  beforeEach(async () => {
    await machine.withSystemd();
    before = await machine.listFiles();
  });
  const expectFailure = async (line: string, why: string) => {
    const { code, output } = await machine.run(line);
    expect(output).toContain(why);
    expect(code).not.toBe(0);
    expect(await machine.listFiles()).toBe(before);
  };
  /** A shell function takes the place of a program of the machine; busybox would pass over a file of that name. */
  const having = (functions: string, why: string) =>
    expectFailure(`{ echo '${functions}'; ${installLine('x').replace('| sh', '; } | sh')}`, why);

  test('a program that is not the announced one', async () => {
    const line = installLine(await issue()).replace('| sh', "| sed 's/SHA256_[A-Z0-9]*=.[0-9a-f]*/&0/' | sh");
    await expectFailure(line, 'is not what the core has announced');
  });

  test('AG-10 a core with another key, which gets no token', async () => {
    const other = 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU';
    const token = await issue();
    await expectFailure(installLine(token).replace(/SHA256:\S+/, other), 'does not hold the pinned core key');
    expect((await machine.run(installLine(token))).code).toBe(0); // nobody has spent it
  });

  test('a token that does not hold', () =>
    expectFailure(installLine('sbe_unknown'), 'The enrolment token does not hold'));

  test.each([
    [
      'another processor',
      'uname() { case $1 in -m) echo riscv64 ;; *) echo Linux ;; esac; }',
      'for the processor riscv64',
    ],
    ['another system', 'uname() { echo Darwin; }', 'runs on Linux; this is Darwin'],
    ['no space', 'df() { echo h; echo /dev/x 9 9 100 99% /; }', 'only 100 KiB free'],
    [
      'a download that breaks off',
      'timeout() { head -c 1000 /bin/busybox >"$5"; }',
      'is not what the core has announced',
    ],
    ['a core that is gone', 'timeout() { return 1; }', 'could not be fetched'],
    ['nothing to fetch with', 'command() { test "$2" != curl && test "$2" != wget; }', 'Neither curl nor wget'],
    ['nothing to check with', 'command() { test "$2" = wget; }', 'Neither sha256sum'],
    ['a place where no program may run', 'chmod() { :; }', 'is it mounted noexec'],
  ])('%s', (_, functions, why) => having(functions, why));

  test('who is not root', async () => {
    await expectFailure(
      `su -s /bin/sh nobody -c '${installLine('x')}'`,
      'Run this as root (with sudo), or with --user',
    );
  });

  test('an option that is none, a missing value, a missing option, an upgrade of nothing', async () => {
    await expectFailure(installer('--fly'), 'unknown option --fly');
    await expectFailure(installer('--url'), '--url needs a value');
    await expectFailure(installer('--url http://127.0.0.1:1'), 'are needed');
    await expectFailure(installer('--upgrade'), 'No agent is installed here');
    await expectFailure(`${installLine('x')} --mode fly`, '--mode is operate or monitor');
  });
});

describe.skipIf(!existsSync('/usr/bin/curl'))(
  'the machine at hand, with curl and its own sh, for its user alone',
  () => {
    let home: string;
    beforeEach(async () => {
      home = await mkdtemp(join(tmpdir(), 'serverbox-install-'));
    });
    afterEach(() => rm(home, { recursive: true, force: true }));
    const sh = async (line: string) =>
      (await promisify(execFile)('sh', ['-c', line], { env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home } }))
        .stdout;
    const agent = () => `${home}/.local/bin/serverbox-agent run --state-dir ${home}/.local/state/serverbox-agent`;
    const line = async (baseUrl: string) =>
      enrolmentCommands({ baseUrl, token: await issue(), mode: 'monitor', coreKey: workshop.agents.coreKeyFingerprint })
        .install.replace('sudo ', '')
        .concat(' --user');
    const installed = ['.local', '.local/bin', '.local/state'];

    test('installs, runs, and goes', async () => {
      const fetched = `curl -fsSL ${workshop.url}/install.sh | sh -s --`;
      expect(await sh(await line(workshop.url))).toContain('No service manager was found');
      await sh(`${agent()} >/dev/null 2>&1 &`);
      expect(workshop.links.get(await workshop.untilLinked()).services).toEqual(['metrics', 'docker:read']);
      expect(await sh(`${fetched} --upgrade --user`)).toContain('is installed already');
      expect(await sh(`${fetched} --uninstall --user`)).toContain('ended process');
      expect(await readdir(home, { recursive: true })).toEqual(installed);
    });

    test('AG-10 over https of a private authority, only with its certificate', async () => {
      const [key, ca] = [join(home, 'key.pem'), join(home, 'ca.pem')];
      const subject = '-subj /CN=test -addext subjectAltName=IP:127.0.0.1';
      await sh(
        `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 ${subject} -keyout ${key} -out ${ca}`,
      );
      const server = createServer({ key: await readFile(key), cert: await readFile(ca) }, (near) => {
        const far = connect(Number(new URL(workshop.url).port), '127.0.0.1');
        near.on('error', () => far.destroy()).pipe(far);
        far.on('error', () => near.destroy()).pipe(near);
      });
      server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
        await expect(sh(`set -e; ${(await line(url)).replace('| sh', '>/dev/null && sh')}`)).rejects.toThrow(
          'certificate',
        );
        const trusting = (await line(url)).replace('-fsSL', `-fsSL --cacert ${ca}`);
        await expect(sh(trusting)).rejects.toThrow('could not be fetched');
        expect(await sh(`${trusting} --ca-file ${ca}`)).toContain('is installed at');
        await rm(ca);
        await sh(`${agent()} >/dev/null 2>&1 &`);
        await workshop.untilLinked();
        await sh(`curl -fsSL ${workshop.url}/install.sh | sh -s -- --uninstall --user`);
        expect((await readdir(home, { recursive: true })).sort()).toEqual([...installed, 'key.pem']);
      } finally {
        server.close();
      }
    });
  },
);

describe('without a service manager', () => {
  test('says what to run, which works, also for a user who is not root', async () => {
    await machine.run('mkdir /home && mkdir /home/nobody && chown nobody /home/nobody');
    const line = `${installLine(await issue())} --user`;
    const installed = await machine.run(`su -s /bin/sh nobody -c 'export HOME=/home/nobody; ${line}'`);
    expect(installed.code, installed.output).toBe(0);
    const command = /^ {2}(\/home\/nobody\/\.local\/bin\/serverbox-agent run .*)$/m.exec(installed.output)?.[1] ?? '';
    await machine.run(`su -s /bin/sh nobody -c 'setsid ${command} </dev/null >/dev/null 2>&1 &'`);
    const nodeId = await workshop.untilLinked();
    expect(workshop.links.get(nodeId).services).toContain('exec');
    const gone = await machine.run(
      `su -s /bin/sh nobody -c 'export HOME=/home/nobody; ${installer('--uninstall --user')}'`,
    );
    expect(gone.output).toContain('removed /home/nobody/.local/state/serverbox-agent');
    expect(gone.output).toContain('ended process');
  });

  test('reads the token from standard input and from the environment, and runs in the foreground', async () => {
    const { output: script } = await machine.run(`wget -q -O - ${workshop.url}/install.sh`);
    await machine.put('/tmp/install.sh', script);
    const args = `--url ${workshop.url} --core-key ${workshop.agents.coreKeyFingerprint}`;
    await machine.put('/tmp/token', `${await issue()}\n`);
    await machine.run(`setsid sh /tmp/install.sh ${args} --token - --foreground </tmp/token >/dev/null 2>&1 &`);
    const nodeId = await workshop.untilLinked();
    const tellsToken = 'for p in /proc/[0-9]*; do cat $p/environ $p/cmdline 2>/dev/null; done';
    expect((await machine.run(`${tellsToken} | tr '\\0' '\\n' | grep -c [s]be_`)).output).toBe('0');
    await machine.run(`kill $(pidof serverbox-agent); sleep 1`);
    await expect.poll(() => workshop.links.find(nodeId)).toBeUndefined();
    await machine.run(`sh /tmp/install.sh --uninstall`);
    const again = await machine.run(`export SERVERBOX_TOKEN=${await issue()}; sh /tmp/install.sh ${args}`);
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('No service manager was found') });
  });

  test('OpenRC gets a service of its own, which goes again', async () => {
    await machine.put('/bin/rc-service', '#!/bin/sh\necho "rc-service $*" >>/systemctl.log\n');
    await machine.put('/bin/rc-update', '#!/bin/sh\necho "rc-update $*" >>/systemctl.log\n');
    const before = await machine.listFiles();
    expect((await machine.run(installLine(await issue()))).code).toBe(0);
    expect((await machine.run('cat /etc/init.d/serverbox-agent')).output).toContain('supervisor=supervise-daemon');
    expect((await machine.run(installer('--uninstall'))).code).toBe(0);
    expect((await machine.run('cat /systemctl.log')).output.split('\n')).toEqual([
      'rc-update add serverbox-agent default',
      'rc-service serverbox-agent restart',
      'rc-service serverbox-agent stop',
      'rc-update del serverbox-agent',
      '',
    ]);
    expect(await machine.listFiles()).toBe(before);
  });
});
