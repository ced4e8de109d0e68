/** Who runs the embedded server. PostgreSQL refuses root, and a user id that has no entry in the user database. */
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { AppError } from '../errors.ts';

export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

/** Never a login, never a home: it exists to own one directory and one process. */
const OWN_USER = 'serverbox';
/** When the system lets us create no user. `nobody` comes last: other programs use it too. */
const FALLBACKS = ['postgres', 'nobody'];

export const parsePasswd = (text: string): ServerUser[] =>
  text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name === undefined || uid === undefined || gid === undefined
      ? []
      : [{ name, uid: Number(uid), gid: Number(gid) }];
  });

const listUsers = async (): Promise<ServerUser[]> => parsePasswd(await readFile('/etc/passwd', 'utf8'));

const createOwnUser = async (): Promise<void> => {
  const args = ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', OWN_USER];
  // A failure is answered by the fallbacks: no such program, a read-only /etc, or another core was first.
  await promisify(execFile)('/usr/sbin/useradd', args, { timeout: 10_000 }).catch(() => undefined);
};

/** Who owns `path`, or undefined while it does not exist. */
const findOwner = async (path: string): Promise<number | undefined> => {
  try {
    return (await stat(path)).uid;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * The user to run the server as; creates `serverbox` when root and nobody better is there. The owner of an existing
 * `clusterDir` stays its owner.
 * @throws AppError `database_unavailable`
 */
export const ensureServerUser = async (clusterDir: string): Promise<ServerUser> => {
  const uid = process.getuid?.() ?? 0;
  const owner = await findOwner(clusterDir);
  if (uid !== 0) {
    if (owner !== undefined && owner !== uid) {
      throw new AppError(
        'database_unavailable',
        `${clusterDir} belongs to user id ${owner}: start Server Box as that user or as root.`,
      );
    }
    const own = (await listUsers()).find((user) => user.uid === uid);
    return own ?? { name: String(uid), uid, gid: process.getgid?.() ?? uid };
  }
  const keeper = (await listUsers()).find((user) => user.uid === owner && user.uid !== 0);
  if (keeper !== undefined) return keeper;
  const own = (await listUsers()).find(({ name }) => name === OWN_USER);
  if (own === undefined) await createOwnUser();
  const users = await listUsers();
  for (const name of [OWN_USER, ...FALLBACKS]) {
    const user = users.find((candidate) => candidate.name === name);
    if (user !== undefined) return user;
  }
  throw new AppError('database_unavailable', 'PostgreSQL does not run as root: create a system user named serverbox.');
};
