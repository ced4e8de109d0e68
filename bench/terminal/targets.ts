/** The terminals that are compared: ours over an agent's link, ours over a link to sshd, and OpenSSH's own to the same sshd. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SshServer } from '../../lab/sshd.ts';
import { startSshd } from '../../lab/sshd.ts';
import { openDataDir } from '../lib/data-dir.ts';
import { getDescendant, readRssBytes } from '../lib/process-stats.ts';
import { AGENT_PATH, startProduct } from '../lib/product.ts';
import { startProgram } from '../lib/program.ts';
import type { Terminal } from './terminals.ts';
import { openOurs, openSsh, settle } from './terminals.ts';

export const TARGETS = ['agent', 'sshd', 'ssh'] as const;
export type TargetName = (typeof TARGETS)[number];

export interface Target {
  connect(): Promise<Terminal>;
  /** A terminal whose shell answers. */
  open(): Promise<Terminal>;
  /** A terminal of the same server that floods, read by another process. */
  flood(): Promise<{ bytes(): Promise<number>; stop(): Promise<void> }>;
  /** Memory of the processes of ours that a session goes through. */
  rssBytes(): number;
}

export interface Targets extends Record<TargetName, Target> {
  /** A text file of about 32 MB, with colours and accents. */
  file: string;
  stop(): Promise<void>;
}

const FILE_BYTES = 32 * 1024 * 1024;

const makeFile = async (path: string): Promise<void> => {
  let text = '';
  for (let line = 0; text.length < 64 * 1024; line += 1) {
    text += `\u001b[32m2026-11-20T12:00:${String(line % 60).padStart(2, '0')}Z\u001b[0m \u001b[1mINFO\u001b[0m request ${line} done in ${line % 97} ms — größe ${line * 13} bytes\n`;
  }
  const block = Buffer.from(text);
  await writeFile(path, Buffer.concat(Array.from({ length: Math.ceil(FILE_BYTES / block.length) }, () => block)));
};

const FLOOD = import.meta.resolve('./flood-program.ts');
const startFlood = async (...args: string[]) => {
  const program = await startProgram(FLOOD, ...args);
  return { bytes: () => program.ask<number>('bytes'), stop: program.stop };
};
/** Both ways to begin. */
const openersOf = (connect: Target['connect']): Pick<Target, 'connect' | 'open'> => ({
  connect,
  open: async () => {
    const terminal = await connect();
    await settle(terminal);
    return terminal;
  },
});

const openAgentTarget = async (file: string) => {
  const product = await startProduct();
  const url = `${product.box.url.replace('http', 'ws')}/api/nodes/${product.nodeId}/terminal?cols=120&rows=40`;
  const { token } = product.client;
  const target: Target = {
    ...openersOf(() => openOurs(url, token)),
    flood: () => startFlood('ours', url, token, file),
    rssBytes: () => readRssBytes(product.pid) + readRssBytes(getDescendant(product.pid, AGENT_PATH)),
  };
  return { target, stop: product.stop };
};

const scanHostKey = async ({ port }: SshServer): Promise<string> => {
  const { stdout } = await promisify(execFile)('ssh-keyscan', ['-t', 'ed25519', '-p', String(port), '127.0.0.1']);
  return stdout.trim().split(' ').slice(1).join(' ');
};

const openSshdTargets = async (dir: string, file: string) => {
  const sshd = await startSshd();
  const hostKey = await scanHostKey(sshd);
  const keyPath = join(dir, 'key');
  const knownHosts = join(dir, 'known_hosts');
  await writeFile(keyPath, sshd.privateKey, { mode: 0o600 });
  await writeFile(knownHosts, `[127.0.0.1]:${sshd.port} ${hostKey}\n`);
  const program = await startProgram(
    import.meta.resolve('./sshd-program.ts'),
    String(sshd.port),
    sshd.username,
    hostKey,
    keyPath,
  );
  const url = await program.ask<string>('url');
  const options = ['-F', 'none', '-i', keyPath, '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'LogLevel=ERROR'];
  const argv = [...options, '-p', String(sshd.port), `${sshd.username}@127.0.0.1`];
  const sshdTarget: Target = {
    ...openersOf(() => openOurs(url, '')),
    flood: () => startFlood('ours', url, '', file),
    rssBytes: () => readRssBytes(program.pid),
  };
  const sshTarget: Target = {
    ...openersOf(() => openSsh(argv)),
    flood: () => startFlood('ssh', ...argv, file),
    rssBytes: () => 0,
  };
  return {
    sshdTarget,
    sshTarget,
    stop: async () => {
      await program.stop();
      await sshd.stop();
    },
  };
};

export const openTargets = async (): Promise<Targets> => {
  const dir = await openDataDir();
  const file = join(dir.path, 'flood.txt');
  await makeFile(file);
  const viaSshd = await openSshdTargets(dir.path, file);
  const viaAgent = await openAgentTarget(file);
  return {
    agent: viaAgent.target,
    sshd: viaSshd.sshdTarget,
    ssh: viaSshd.sshTarget,
    file,
    stop: async () => {
      await viaAgent.stop();
      await viaSshd.stop();
      await dir.remove();
    },
  };
};
