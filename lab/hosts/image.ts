/**
 * The image of a lab host: a small Debian with SSH servers, a Docker engine, a service manager and the everyday programs.
 * Made once by debootstrap, which takes a minute, and then kept under `.cache` by a hash of what it is made of.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Engine } from '../engine.ts';
import { withLock } from '../lock.ts';
import { getProgram } from '../programs.ts';
import { isRoot } from '../system-user.ts';
import { openTempDir } from '../temp-dir.ts';

const run = promisify(execFile);
const CACHE = resolve(import.meta.dirname, '../../.cache');
const REPOSITORY = 'serverbox-lab/host';
const BUILD_TIMEOUT_MS = 600_000;

const SUITE = 'bookworm';
const MIRROR = 'http://deb.debian.org/debian';
const PACKAGES = [
  ...['openssh-server', 'openssh-client', 'dropbear-bin', 'docker.io', 'tini', 'openrc', 'busybox-static'],
  ...['iproute2', 'procps', 'socat', 'tmux', 'sudo', 'curl', 'jq', 'ca-certificates'],
];

/**
 * Accounts: `ops` may become root and use Docker, `guest` may do neither. Then what no host needs is taken away: lists of
 * packages, manuals, and the keys of the SSH servers, of which each host makes its own.
 */
const FINISH = `
set -eu
useradd --create-home --shell /bin/bash --password '*' --groups docker ops
useradd --create-home --shell /bin/bash --password '*' guest
echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops
printf '%s\\n' 'rc_sys="docker"' 'rc_provide="net"' >>/etc/rc.conf
rm -f /etc/runlevels/*/* /etc/ssh/ssh_host_*
mkdir -p /etc/dropbear
rm -rf /var/cache/apt/* /var/lib/apt/lists/* /usr/share/doc /usr/share/man /usr/share/locale /var/log/*.log
`;

const recipe = (): string =>
  createHash('sha256')
    .update(JSON.stringify([SUITE, MIRROR, PACKAGES, FINISH]))
    .digest('hex')
    .slice(0, 12);

/** Builds the file tree into a tar archive. @throws Error with debootstrap's last words */
const build = async (archive: string): Promise<void> => {
  const dir = await openTempDir('host-root');
  const root = join(dir.path, 'root');
  const timeout = { timeout: BUILD_TIMEOUT_MS, maxBuffer: 32 * 1024 * 1024 };
  try {
    const include = `--include=${PACKAGES.join(',')}`;
    await run(getProgram('debootstrap'), ['--variant=minbase', include, SUITE, root, MIRROR], timeout);
    await run('chroot', [root, '/bin/sh', '-c', FINISH], timeout);
    // One file system: nothing that debootstrap has mounted is taken along.
    await run(
      getProgram('tar'),
      ['--one-file-system', '--numeric-owner', '-C', root, '-cf', `${archive}.new`, '.'],
      timeout,
    );
    await rename(`${archive}.new`, archive);
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout).trim().split('\n').slice(-3) : [];
    throw new Error(`The image of the lab's hosts could not be made. ${said.join(' ')}`, { cause: error });
  } finally {
    await rm(`${archive}.new`, { force: true });
    await dir.remove();
  }
};

const ensureArchive = async (): Promise<string> => {
  const name = `lab-host-${recipe()}.tar`;
  const archive = join(CACHE, name);
  if (existsSync(archive)) return archive;
  if (!isRoot()) throw new Error("The image of the lab's hosts is made once, by root: run `sudo npm run lab up 5`.");
  await mkdir(CACHE, { recursive: true });
  await build(archive);
  const outdated = (await readdir(CACHE)).filter((entry) => entry.startsWith('lab-host-') && entry !== name);
  for (const entry of outdated) await rm(join(CACHE, entry));
  return archive;
};

const isThere = async (engine: Engine, image: string): Promise<boolean> => {
  const filters = encodeURIComponent(JSON.stringify({ reference: [image] }));
  const images = await engine.call('GET', `/images/json?filters=${filters}`);
  return Array.isArray(images) && images.length > 0;
};

/** Whether the first host can start within seconds, because the image needs no making. */
export const isHostImageCached = (): boolean => existsSync(join(CACHE, `lab-host-${recipe()}.tar`));

/** Brings the image into an engine that does not have it yet. @returns its name */
export const ensureHostImage = (engine: Engine): Promise<string> =>
  withLock('host-image', async () => {
    const image = `${REPOSITORY}:${recipe()}`;
    if (await isThere(engine, image)) return image;
    const archive = createReadStream(await ensureArchive());
    const answer = await engine.call('POST', `/images/create?fromSrc=-&repo=${REPOSITORY}&tag=${recipe()}`, archive);
    if (JSON.stringify(answer).includes('errorDetail')) throw new Error(`the hosts' image was refused: ${answer}`);
    return image;
  });

/** Removes the image; its containers must be gone. What is under `.cache` stays for the next time. */
export const removeHostImage = async (engine: Engine): Promise<void> => {
  const image = `${REPOSITORY}:${recipe()}`;
  if (await isThere(engine, image)) await engine.call('DELETE', `/images/${image}`);
};
