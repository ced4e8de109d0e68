/** A machine that is being given the agent: what it is, what is brought there, and running the installer as root. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { NodeLink } from '../../lib/link/link.ts';
import type { Secret } from '../../lib/log.ts';
import type { Architecture, Binaries } from './binaries.ts';
import type { InstallScript } from './install-script.ts';
import type { RemoteResult } from './remote.ts';
import { lastWords, runRemote } from './remote.ts';

type Argv = readonly [string, ...string[]];

const UPLOAD_TIMEOUT_MS = 300_000;
const INSTALL_TIMEOUT_MS = 120_000;

const ARCHITECTURES: Record<string, Architecture> = {
  x86_64: 'amd64',
  amd64: 'amd64',
  aarch64: 'arm64',
  arm64: 'arm64',
};
/** `$1` is the file. */
const UPLOAD = 'umask 077 && cat >"$1" && chmod 0700 "$1"';
const IDENTITY = '/var/lib/serverbox-agent/identity.json';

/** What ended the installation, in words for people. */
export class StepFailed extends Error {}

export interface Machine {
  link: NodeLink;
  architecture: Architecture;
  /** Whether root is reached by sudo; otherwise the user is root. */
  hasSudo: boolean;
}

const asRoot = ({ hasSudo }: Machine, argv: Argv): Argv => (hasSudo ? ['sudo', '-n', ...argv] : argv);

const mustWork = (result: RemoteResult): RemoteResult => {
  if (!result.isOk) throw new StepFailed(`The machine answered: ${lastWords(result)}`);
  return result;
};

/** @throws StepFailed for a machine that no agent runs on, or where nobody may become root */
export const describeMachine = async (link: NodeLink): Promise<Machine> => {
  const { stdout: kind } = mustWork(await runRemote(link, ['uname', '-sm']));
  const [system = '', name = ''] = kind.split(' ');
  const architecture = system === 'Linux' ? ARCHITECTURES[name] : undefined;
  if (architecture === undefined) {
    throw new StepFailed(`There is no agent for this machine: it says it is ${kind.slice(0, 100)}.`);
  }
  if ((await runRemote(link, ['id', '-u'])).stdout === '0') return { link, architecture, hasSudo: false };
  if ((await runRemote(link, ['sudo', '-n', 'true'])).isOk) return { link, architecture, hasSudo: true };
  throw new StepFailed(
    'The user is not root and cannot use sudo without a password. Permit that, or paste the install command by hand.',
  );
};

export const isEnrolled = async (machine: Machine): Promise<boolean> =>
  (await runRemote(machine.link, asRoot(machine, ['test', '-e', IDENTITY]))).isOk;

/** Leaves program and installer in a new directory, for this user alone. @throws StepFailed */
export const upload = async (
  { binaries, script }: { binaries: Binaries; script: InstallScript },
  { link, architecture }: Machine,
): Promise<string> => {
  const binary = await binaries.find(architecture);
  if (binary === undefined) {
    throw new StepFailed(`There is no agent for ${architecture} here yet: it is built after the start.`);
  }
  const { stdout: dir } = mustWork(await runRemote(link, ['mktemp', '-d', '/tmp/serverbox.XXXXXXXX']));
  if (!/^\/tmp\/serverbox\.\w{8}$/.test(dir)) throw new StepFailed('The machine made no temporary directory.');
  const put = async (name: string, input: Readable) => {
    const argv = ['sh', '-c', UPLOAD, 'sh', `${dir}/${name}`] as const;
    mustWork(await runRemote(link, argv, { input, timeoutMs: UPLOAD_TIMEOUT_MS }));
  };
  try {
    await put('agent', createReadStream(binary.path));
    await put('install.sh', Readable.from([await script.render()]));
    return dir;
  } catch (error) {
    await removeUpload(link, dir);
    throw error;
  }
};

/** Never throws: with a lost link the machine's own housekeeping of /tmp is what is left. */
export const removeUpload = async (link: NodeLink, dir: string): Promise<void> => {
  await runRemote(link, ['rm', '-rf', dir]).catch(() => undefined);
};

/** The token goes over standard input. @throws StepFailed with what the installer said */
export const runInstaller = async (
  machine: Machine,
  dir: string,
  { args, token }: { args: readonly string[]; token?: Secret },
): Promise<string> => {
  const input = token === undefined ? {} : { input: Readable.from([`${token.reveal()}\n`]) };
  const argv = asRoot(machine, ['sh', `${dir}/install.sh`, ...args]);
  return mustWork(await runRemote(machine.link, argv, { ...input, timeoutMs: INSTALL_TIMEOUT_MS })).stdout;
};
