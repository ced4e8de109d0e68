/** The Debian programs the lab runs: where they are, and which package brings them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export type Program = { package: string; find: () => string | undefined };

const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const onPath = (name: string) => (): string | undefined =>
  FOLDERS.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));

const findPostgresFolder = (): string | undefined => {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base)
    ? readdirSync(base)
        .map(Number)
        .sort((a, b) => b - a)
    : [];
  return versions.map((version) => `${base}/${version}/bin`).find((folder) => existsSync(`${folder}/postgres`));
};

// The image of the lab holds nothing but this file, so one that needs a C library would not start.
const findStaticBusybox = (): string | undefined => {
  const path = onPath('busybox')();
  return path !== undefined && !readFileSync(path).includes('/ld-linux') ? path : undefined;
};

// Not the command, which forks: the library is what a child process of ours has to load.
const findFaketimeLibrary = (): string | undefined =>
  readdirSync('/usr/lib')
    .map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`)
    .find((path) => existsSync(path));

/** `postgres` is the folder of the newest server's programs, `faketime` a library; the others are the program itself. */
export const PROGRAMS = {
  chromium: { package: 'chromium', find: onPath('chromium') },
  dockerd: { package: 'docker.io', find: onPath('dockerd') },
  iptables: { package: 'iptables', find: onPath('iptables') },
  ip: { package: 'iproute2', find: onPath('ip') },
  busybox: { package: 'busybox-static', find: findStaticBusybox },
  sshd: { package: 'openssh-server', find: onPath('sshd') },
  dropbear: { package: 'dropbear-bin', find: onPath('dropbear') },
  dropbearkey: { package: 'dropbear-bin', find: onPath('dropbearkey') },
  unshare: { package: 'util-linux', find: onPath('unshare') },
  'ssh-keygen': { package: 'openssh-client', find: onPath('ssh-keygen') },
  debootstrap: { package: 'debootstrap', find: onPath('debootstrap') },
  tmux: { package: 'tmux', find: onPath('tmux') },
  'redis-server': { package: 'redis-server', find: onPath('redis-server') },
  nginx: { package: 'nginx-light', find: onPath('nginx') },
  openssl: { package: 'openssl', find: onPath('openssl') },
  jq: { package: 'jq', find: onPath('jq') },
  curl: { package: 'curl', find: onPath('curl') },
  postgres: { package: 'postgresql', find: findPostgresFolder },
  shellcheck: { package: 'shellcheck', find: onPath('shellcheck') },
  setpriv: { package: 'util-linux', find: onPath('setpriv') },
  tar: { package: 'tar', find: onPath('tar') },
  strace: { package: 'strace', find: onPath('strace') },
  faketime: { package: 'faketime', find: findFaketimeLibrary },
  gcc: { package: 'gcc libc6-dev', find: onPath('gcc') },
} satisfies Record<string, Program>;

export type ProgramName = keyof typeof PROGRAMS;

/** @throws Error that names the Debian package when the program is missing */
export const getProgram = (name: ProgramName): string => {
  const path = PROGRAMS[name].find();
  if (path === undefined) throw new Error(`${name} is missing: install the Debian package ${PROGRAMS[name].package}.`);
  return path;
};
