/** Points this machine's agent at the engine of the tests, the way its owner would: in the agent's own file. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Box } from './box.ts';
import { startBox } from './box.ts';

const STANDARD_SOCKET = '/var/run/docker.sock';
const ENROL_TIMEOUT_MS = 20_000;

/** Waits until the agent is enrolled, stops the core, and writes the socket into `agent.json`. */
export const setDockerSocket = async (box: Box, dataDir: string, socketPath: string): Promise<void> => {
  const path = join(dataDir, 'agent/agent.json');
  const deadline = Date.now() + ENROL_TIMEOUT_MS;
  while (!existsSync(join(dataDir, 'agent/identity.json'))) {
    if (Date.now() > deadline) throw new Error(`the agent was not enrolled:\n${box.log()}`);
    await sleep(50);
  }
  await box.stop();
  const config = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...config, dockerSocket: socketPath }));
};

/** The same core, watching the engine at `socketPath`: at once where that is the usual place, else after a restart. */
export const watchDocker = async (options: { box: Box; dataDir: string; socketPath: string }): Promise<Box> => {
  const { box, dataDir, socketPath } = options;
  if (socketPath === STANDARD_SOCKET) return box;
  await setDockerSocket(box, dataDir, socketPath);
  return startBox(dataDir);
};
