/** The hosts of `npm run lab up <n>`: one of each kind a person meets, and what to type to add them to Server Box. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from './engine.ts';
import { ensureHostImage, isHostImageCached } from './hosts/image.ts';
import type { HostOptions } from './hosts.ts';
import { openHostsIn, removeHosts } from './hosts.ts';
import { LAB_IMAGE } from './image.ts';
import { isRoot } from './system-user.ts';

export const MAX_HOSTS = 20;

const DIR = join(tmpdir(), 'serverbox-lab-hosts');
const STATE = join(DIR, 'hosts.json');
const KEY = join(DIR, 'key');
const KNOWN_HOSTS = join(DIR, 'known_hosts');
/** What these hosts, their door and their networks are called; hosts of tests have other names. */
const NAMES = '^/?lab([0-9]+|door-[0-9]+|near|far)$';
/** Where a core listens by default. */
const CORE_PORT = 3000;

type Kind = { options: HostOptions; user: string; hasJump?: boolean; text: string };
type Entry = Omit<Kind, 'options'> & {
  name: string;
  address: string;
  sshd: boolean;
  dockerProblem?: string | undefined;
};
type State = { door: string; entries: Entry[] };

const KINDS: readonly Kind[] = [
  { options: { networks: ['near', 'far'] }, user: 'root', text: 'OpenSSH, Docker; the jump host of lab2' },
  {
    options: { networks: ['far'] },
    user: 'ops',
    hasJump: true,
    text: 'only through lab1; ops may use sudo and Docker',
  },
  { options: { sshd: 'none' }, user: 'root', text: 'no SSH server: for the agent alone' },
  { options: { sshd: 'dropbear' }, user: 'ops', text: 'dropbear instead of OpenSSH, Docker' },
  { options: {}, user: 'guest', text: 'guest may use neither sudo nor Docker' },
];
const PLAIN: Kind = { options: {}, user: 'root', text: 'OpenSSH, Docker' };

/** Starts hosts named lab1, lab2, … with a container each. The very first time takes a minute or more. */
export const startFleet = async (engine: Engine, count: number): Promise<void> => {
  if (!isHostImageCached()) console.log('Making the image of the hosts, once; that takes a minute or more.');
  const image = await ensureHostImage(engine);
  await mkdir(DIR, { mode: 0o700 });
  const hosts = await openHostsIn({ engine, image, prefix: 'lab', keyDir: DIR });
  const entries: Entry[] = [];
  for (let n = 1; n <= count; n += 1) {
    const { options, ...kind } = KINDS[n - 1] ?? PLAIN;
    const host = await hosts.start(String(n), options);
    if (host.dockerProblem === undefined)
      await host.exec('docker', 'run', '-d', '--name', 'web', LAB_IMAGE, 'sleep', 'inf');
    const { name, address, dockerProblem } = host;
    if (options.sshd !== 'none') await appendFile(KNOWN_HOSTS, `${address} ${await host.hostKey()}\n`);
    entries.push({ ...kind, name, address, dockerProblem, sshd: options.sshd !== 'none' });
  }
  const state: State = { door: await hosts.openDoor(CORE_PORT), entries };
  await writeFile(STATE, JSON.stringify(state));
};

const readState = async (): Promise<State> => {
  if (!existsSync(STATE)) return { door: '', entries: [] };
  return JSON.parse(await readFile(STATE, 'utf8')) as State;
};

const howToAdd = ({ sshd, user, address, hasJump }: Entry, door: string): string => {
  if (!sshd) return `agent: open http://${door}, Add node, and paste its command into this host's shell`;
  return `SSH: ${user}@${address}${hasJump === true ? ' through lab1' : ''}`;
};

/** For people: each host, its address and how it is added. */
export const describeFleet = async (): Promise<string> => {
  const { door, entries } = await readState();
  if (entries.length === 0) return 'No hosts: `npm run lab up 5` starts some.';
  const lines = entries.map((entry) => {
    const problem = entry.dockerProblem === undefined ? '' : `; Docker does not run in it: ${entry.dockerProblem}`;
    return `  ${entry.name.padEnd(6)} ${entry.address.padEnd(14)} ${howToAdd(entry, door)}\n${' '.repeat(24)}${entry.text}${problem}`;
  });
  return [
    'Hosts',
    ...lines,
    `Private key for all of them: ${KEY}`,
    `They reach a core on this machine's port ${CORE_PORT} at http://${door}`,
    'A shell in one: npm run lab ssh lab1',
  ].join('\n');
};

const sshOptions = [
  '-i',
  KEY,
  ...['StrictHostKeyChecking=yes', 'HostKeyAlgorithms=ssh-ed25519', `UserKnownHostsFile=${KNOWN_HOSTS}`].flatMap(
    (option) => ['-o', option],
  ),
];

const sshArgv = (entry: Entry, entries: readonly Entry[], argv: readonly string[]): string[] => {
  const jump = `ssh ${sshOptions.join(' ')} -W %h:%p root@${entries[0]?.address}`;
  const through = entry.hasJump === true ? ['-o', `ProxyCommand=${jump}`] : [];
  return ['ssh', ...sshOptions, ...through, `${entry.user}@${entry.address}`, ...argv];
};

/** Without an SSH server there is the way that this machine's root has into any container. */
const insideArgv = async (engine: Engine, name: string, argv: readonly string[]): Promise<string[]> => {
  if (!isRoot()) throw new Error(`${name} has no SSH server: only root gets a shell there.`);
  const { State } = (await engine.call('GET', `/containers/${name}/json`)) as { State: { Pid: number } };
  const program = argv.length > 0 ? argv : ['bash', '-l'];
  return ['nsenter', '--target', String(State.Pid), '--all', 'sh', '-c', 'cd /root && exec "$@"', 'sh', ...program];
};

/** A shell in a host, or one command there, on this terminal. @returns its exit code */
export const enterHost = async (engine: Engine, name: string, argv: readonly string[]): Promise<number> => {
  const { entries } = await readState();
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`There is no host ${name}. \`npm run lab status\` lists them.`);
  const [program = '', ...args] = entry.sshd ? sshArgv(entry, entries, argv) : await insideArgv(engine, name, argv);
  const [code] = (await once(spawn(program, args, { stdio: 'inherit' }), 'exit')) as [number | null];
  return code ?? 1;
};

/** Removes the hosts of the last `up`, and their key. */
export const removeFleet = async (engine: Engine): Promise<void> => {
  await removeHosts(engine, NAMES);
  await forgetFleet();
};

/** Removes the key and the list alone, where the engine is gone with everything in it. */
export const forgetFleet = (): Promise<void> => rm(DIR, { recursive: true, force: true });
