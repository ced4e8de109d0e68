/** A real dropbear, the small SSH server of routers and rescue systems, on loopback, with one account of its own. Needs root. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Daemon } from './daemon.ts';
import { startDaemon } from './daemon.ts';
import { findFreePort } from './free-port.ts';
import { createGuestAccount } from './guest-account.ts';
import { getProgram } from './programs.ts';
import { openTempDir } from './temp-dir.ts';

export type DropbearServer = Daemon & { port: number; username: string; password: string };

const run = promisify(execFile);

/** Starts dropbear, which lets in those who hold one of the keys or know the account's password. */
export const startDropbear = async (authorizedKeys: readonly string[]): Promise<DropbearServer> => {
  const dropbear = getProgram('dropbear');
  const port = await findFreePort();
  const dir = await openTempDir('dropbear');
  const hostKey = join(dir.path, 'host');
  try {
    await run(getProgram('dropbearkey'), ['-t', 'ed25519', '-f', hostKey]);
    const { username, password, inside } = await createGuestAccount(dir.path, authorizedKeys);
    const options = ['-F', '-E', '-r', hostKey, '-p', `127.0.0.1:${port}`, '-P', join(dir.path, 'pid')];
    const daemon = await startDaemon({
      argv: inside([dropbear, ...options]),
      readyLine: /Not backgrounding/,
      stopSignal: 'SIGTERM',
    });
    return { ...daemon, port, username, password, stop: () => daemon.stop().then(dir.remove) };
  } catch (error) {
    await dir.remove();
    throw error;
  }
};
