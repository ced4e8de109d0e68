/** `npm run lab up | status | ssh | down`: a Docker engine with a few containers, and hosts, to try Server Box by hand. */
import { listLabContainers, removeLabContainers } from './containers.ts';
import { endDockerd, ensureDockerd, findDockerd, keepDockerd } from './docker.ts';
import { connectEngine } from './engine.ts';
import { describeFleet, enterHost, forgetFleet, MAX_HOSTS, removeFleet, startFleet } from './fleet.ts';
import { removeHostImage } from './hosts/image.ts';
import { ensureImage, removeImage } from './image.ts';
import { removeScene, startScene } from './scene.ts';

const USAGE = `usage: npm run lab up [hosts, 1 to ${MAX_HOSTS}] | status | ssh <host> [command…] | down`;

class UsageError extends Error {}

const readCount = (text: string | undefined): number => {
  const count = Number(text ?? 0);
  if (!Number.isInteger(count) || count < (text === undefined ? 0 : 1) || count > MAX_HOSTS)
    throw new UsageError(USAGE);
  return count;
};

const up = async (hosts?: string): Promise<void> => {
  const count = readCount(hosts);
  const docker = await ensureDockerd();
  const engine = connectEngine(docker.socketPath);
  await keepDockerd();
  await ensureImage(engine);
  await removeScene(engine);
  await removeFleet(engine);
  await startScene(engine);
  if (count > 0) await startFleet(engine, count);
  await status();
};

const status = async (): Promise<void> => {
  const docker = await findDockerd();
  if (docker === undefined) {
    console.log('No Docker engine runs here.');
    return;
  }
  console.log(`Docker engine at ${docker.socketPath}`);
  for (const { Names, Status } of await listLabContainers(connectEngine(docker.socketPath)))
    console.log(`  ${(Names[0] ?? '').slice(1).padEnd(18)} ${Status}`);
  console.log(await describeFleet());
  await docker.stop();
};

const down = async (): Promise<void> => {
  const wasOurs = await endDockerd();
  const docker = wasOurs ? undefined : await findDockerd();
  if (docker !== undefined) {
    const engine = connectEngine(docker.socketPath);
    await removeLabContainers(engine);
    await removeImage(engine);
    await removeHostImage(engine);
    await docker.stop();
  }
  await forgetFleet();
  console.log('Nothing of the lab is left.');
};

const ssh = async (name?: string, ...argv: string[]): Promise<void> => {
  if (name === undefined) throw new UsageError(USAGE);
  const docker = await findDockerd();
  if (docker === undefined) throw new Error('No Docker engine runs here: `npm run lab up 5` starts one with hosts.');
  try {
    process.exitCode = await enterHost(connectEngine(docker.socketPath), name, argv);
  } finally {
    await docker.stop();
  }
};

const COMMANDS: Record<string, (...args: string[]) => Promise<void>> = { up, status, ssh, down };

const [name = '', ...args] = process.argv.slice(2);
try {
  const command = COMMANDS[name];
  if (command === undefined) throw new UsageError(USAGE);
  await command(...args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
