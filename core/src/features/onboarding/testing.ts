/** For tests: a bare machine to install on (a container with busybox that shares this machine's network) and a core to fetch from. */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { removeContainer, runContainer } from '../../../../lab/containers.ts';
import { ensureDockerd } from '../../../../lab/docker.ts';
import type { Engine } from '../../../../lab/engine.ts';
import { connectEngine } from '../../../../lab/engine.ts';
import { ensureImage } from '../../../../lab/image.ts';
import { openInstallation } from '../agents/testing.ts';
import { createBinaries } from './binaries.ts';
import { mountDownloads } from './downloads.ts';
import { createInstallScript } from './install-script.ts';
import { packTar } from './tar.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');
const VERSION = '0.1.0';
const INSTALLER = join(ROOT, 'deploy/agent/install.sh');

/**
 * A service manager that is none: it notes what it is asked and starts what the unit says, so that an installed agent runs.
 * The unit's other settings are only looked at as text.
 */
const SYSTEMCTL = `#!/bin/sh
echo "$*" >>/systemctl.log
end() { while pid=$(pidof serverbox-agent); do kill $pid; sleep 0.1; done; }
case $1 in
  restart)
    end
    eval "setsid $(sed -n 's/^ExecStart=//p' /etc/systemd/system/serverbox-agent.service)" </dev/null >>/agent.log 2>&1 &
    ;;
  disable) end ;;
esac
`;

export interface Machine {
  /** Runs a script as root, or as what the script becomes; both outputs together. */
  run(script: string): Promise<{ code: number; output: string }>;
  put(path: string, content: string | Buffer, mode?: number): Promise<void>;
  /** Every file and directory, to be compared: an installer that fails leaves nothing. */
  listFiles(): Promise<string>;
  withSystemd(): Promise<void>;
  remove(): Promise<void>;
}

/** What the machine's own notes and the kernel's files would add to the list. */
const NOT_COMPARED = '/proc|/sys|/dev|/systemctl.log|/agent.log';

export const openMachine = async (engine: Engine): Promise<Machine> => {
  const name = `sb-install-${randomBytes(4).toString('hex')}`;
  const id = await runContainer(engine, { name, command: ['sleep', '3600'], network: 'host' });

  const run = async (script: string) => {
    const exec = (await engine.call('POST', `/containers/${id}/exec`, {
      // What a script leaves running outlives the terminal that it was started on.
      Cmd: ['sh', '-c', `trap '' HUP; ${script}`],
      AttachStdout: true,
      AttachStderr: true,
      Tty: true,
    })) as { Id: string };
    const output = await engine.call('POST', `/exec/${exec.Id}/start`, { Detach: false, Tty: true });
    const { ExitCode: code } = (await engine.call('GET', `/exec/${exec.Id}/json`)) as { ExitCode: number };
    return { code, output: String(output).replaceAll('\r\n', '\n') };
  };
  const put = async (path: string, content: string | Buffer, mode = 0o755) => {
    const archive = packTar([{ name: path.slice(1), mode, content: Buffer.from(content) }]);
    await engine.call('PUT', `/containers/${id}/archive?path=/`, archive);
  };
  await run('mkdir -p /usr/local/bin /etc/systemd/system /etc/init.d /var/lib /var/log');

  return {
    run,
    put,
    listFiles: async () => (await run(`find / -xdev | grep -vE '^(${NOT_COMPARED})' | sort`)).output,
    withSystemd: async () => {
      await run('mkdir -p /run/systemd/system');
      await put('/bin/systemctl', SYSTEMCTL);
    },
    remove: () => removeContainer(engine, id),
  };
};

/** An installation that serves its installer and agents, and an engine to run machines on. */
export const openWorkshop = async () => {
  const docker = await ensureDockerd();
  const engine = connectEngine(docker.socketPath);
  await ensureImage(engine);
  const binaries = createBinaries(join(ROOT, 'agent/bin'));
  const script = createInstallScript({ path: INSTALLER, version: VERSION, binaries });
  const installation = await openInstallation({
    mount: (app) => mountDownloads(app, { binaries, script, version: VERSION }),
  });
  return {
    ...installation,
    engine,
    binaries,
    script,
    socketPath: docker.socketPath,
    close: async () => {
      await installation.close();
      await docker.stop();
    },
  };
};
export type Workshop = Awaited<ReturnType<typeof openWorkshop>>;
