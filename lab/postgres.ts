/** A PostgreSQL server of Debian's, as an owner of Server Box might bring one: TCP, password, its own version. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Daemon } from './daemon.ts';
import { startDaemon } from './daemon.ts';
import { findFreePort } from './free-port.ts';
import { getProgram } from './programs.ts';
import type { SystemUser } from './system-user.ts';
import { findSystemUser, isRoot } from './system-user.ts';
import { openTempDir } from './temp-dir.ts';

export type PostgresServer = {
  /** Superuser `serverbox` on the empty database `postgres`. */
  url: string;
  /** Starts the server again on the same port and data after `kill` (or after it died otherwise). */
  restart(): Promise<void>;
  kill(): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
};

const USER = 'serverbox';

/** Makes an empty cluster and starts its server on loopback; what was committed survives `kill`. */
export const startPostgres = async (): Promise<PostgresServer> => {
  // PostgreSQL refuses to run as root.
  const owner = isRoot() ? findSystemUser(['postgres', 'nobody']) : undefined;
  const dir = await openTempDir('postgres', owner);
  const cluster = { bin: getProgram('postgres'), dir: dir.path, port: await findFreePort(), owner };
  const password = randomBytes(16).toString('hex');
  try {
    await createCluster(cluster, password);
    let daemon = await startServer(cluster);
    return {
      url: `postgres://${USER}:${password}@127.0.0.1:${cluster.port}/postgres`,
      restart: async () => {
        daemon = await startServer(cluster);
      },
      kill: () => daemon.kill(),
      stop: () => daemon.stop().then(dir.remove),
    };
  } catch (error) {
    await dir.remove();
    throw error;
  }
};

type Cluster = { bin: string; dir: string; port: number; owner: SystemUser | undefined };

const userOf = ({ owner }: Cluster) => (owner === undefined ? {} : { uid: owner.uid, gid: owner.gid });

const createCluster = async (cluster: Cluster, password: string): Promise<void> => {
  const passwordFile = join(cluster.dir, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (cluster.owner !== undefined) await chown(passwordFile, cluster.owner.uid, cluster.owner.gid);
  const options = [
    '--no-sync',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
  ];
  await promisify(execFile)(
    join(cluster.bin, 'initdb'),
    ['-D', join(cluster.dir, 'data'), '--auth=scram-sha-256', ...options],
    { cwd: '/', ...userOf(cluster) },
  );
};

const startServer = (cluster: Cluster): Promise<Daemon> => {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(cluster.port),
    unix_socket_directories: cluster.dir,
    // A killed server loses nothing without it, only a machine that loses power does; and the tests run in half the time.
    fsync: 'off',
  };
  const argv = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return startDaemon({
    argv: [join(cluster.bin, 'postgres'), '-D', join(cluster.dir, 'data'), ...argv],
    readyLine: /database system is ready to accept connections/,
    stopSignal: 'SIGINT',
    ...(cluster.owner === undefined ? {} : { user: { uid: cluster.owner.uid, gid: cluster.owner.gid } }),
  });
};
