/**
 * The master key: from the environment, or from a file in the data directory. It is made once, for an installation that
 * is empty in every respect; after that its absence is an error. A new key beside old data would make every stored secret
 * unreadable for ever, and would look like a successful start.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../errors.ts';
import { Secret } from '../log.ts';
import type { MasterKey } from './keys.ts';
import type { SealedPlace } from './sealing.ts';
import { createSealer } from './sealing.ts';

export const KEY_FILE = 'master.key';
const KEY_TEXT = /^[0-9a-f]{64}$/i;

const CHECK_PLACE: SealedPlace = { table: 'instance', column: 'key_check', rowId: '1' };
const CHECK_TEXT = 'serverbox';

/** For `instance.key_check`: only the right master key opens it. */
export const sealKeyCheck = (master: MasterKey): Buffer =>
  createSealer(master).seal(Buffer.from(CHECK_TEXT), CHECK_PLACE);

const parseKey = (text: string, where: string): MasterKey => {
  if (!KEY_TEXT.test(text)) {
    throw new AppError(
      'conflict',
      `The master key in ${where} is damaged: it must be 64 hex digits. Restore it from a backup.`,
    );
  }
  return new Secret(Buffer.from(text, 'hex'));
};

const checkMode = async (file: FileHandle, path: string): Promise<void> => {
  const { mode, uid } = await file.stat();
  if ((mode & 0o077) !== 0) {
    throw new AppError('conflict', `The master key file ${path} can be read by other users: run chmod 600 on it.`);
  }
  if (uid !== process.getuid?.() && uid !== 0) {
    throw new AppError('conflict', `The master key file ${path} belongs to another user (id ${uid}).`);
  }
};

const findKeyFile = async (path: string): Promise<MasterKey | undefined> => {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new AppError('conflict', `The master key file ${path} cannot be read.`, { cause });
  }
  try {
    await checkMode(file, path);
    return parseKey((await file.readFile('utf8')).trim(), path);
  } finally {
    await file.close();
  }
};

const syncDir = async (dir: string): Promise<void> => {
  const handle = await open(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** On disk before it is used: a secret sealed with a key that a power cut takes away is lost. */
const createKeyFile = async (path: string): Promise<MasterKey> => {
  const key = randomBytes(32);
  const part = `${path}.${randomBytes(6).toString('hex')}`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const file = await open(part, 'wx', 0o600);
    try {
      await file.writeFile(`${key.toString('hex')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(part, path); // unlike rename, never over a file that is there
  } catch (cause) {
    throw new AppError('conflict', `The master key file ${path} cannot be created.`, { cause });
  } finally {
    await rm(part, { force: true });
  }
  await syncDir(dirname(path));
  return new Secret(key);
};

export interface MasterKeyOptions {
  /** `SERVERBOX_MASTER_KEY`, or the content of the file it was named by. */
  given: Secret | undefined;
  dataDir: string;
  /** `instance.key_check`; undefined only when the database has no instance row. */
  keyCheck: Buffer | undefined;
}

const requireOneKey = (given: MasterKey, inFile: MasterKey | undefined): MasterKey => {
  if (inFile !== undefined && !inFile.reveal().equals(given.reveal())) {
    throw new AppError(
      'conflict',
      'SERVERBOX_MASTER_KEY differs from the master key file in the data directory: keep the right one.',
    );
  }
  return given;
};

const requireFit = (master: MasterKey, keyCheck: Buffer): MasterKey => {
  try {
    createSealer(master).open(keyCheck, CHECK_PLACE);
  } catch (cause) {
    throw new AppError(
      'conflict',
      'The master key is not the one that this database was made with: restore the right one.',
      { cause },
    );
  }
  return master;
};

/**
 * Finds the master key and proves that it fits the database; creates `master.key` (0600) only when there is neither a key
 * nor an instance. Call it before anything is written to the database.
 * @throws AppError `conflict`, in one sentence: missing, damaged, wrong, or readable by others
 */
export const loadMasterKey = async ({ given, dataDir, keyCheck }: MasterKeyOptions): Promise<MasterKey> => {
  const path = join(dataDir, KEY_FILE);
  const inFile = await findKeyFile(path);
  const found = given === undefined ? inFile : requireOneKey(parseKey(given.reveal(), 'SERVERBOX_MASTER_KEY'), inFile);
  if (keyCheck !== undefined) {
    if (found === undefined) {
      throw new AppError(
        'conflict',
        `The master key is missing, but the database holds secrets sealed with it: restore ${path}.`,
      );
    }
    return requireFit(found, keyCheck);
  }
  return found ?? createKeyFile(path);
};
