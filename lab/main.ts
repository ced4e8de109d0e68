/** `npm run lab up | status | down`: a Docker engine with a few containers in it, to try Server Box by hand. */
import { listLabContainers, removeLabContainers } from './containers.ts';
import { endDockerd, ensureDockerd, findDockerd, keepDockerd } from './docker.ts';
import { connectEngine } from './engine.ts';
import { ensureImage, removeImage } from './image.ts';
import { startScene } from './scene.ts';

const USAGE = 'usage: npm run lab up | status | down';

const up = async (): Promise<void> => {
  const docker = await ensureDockerd();
  const engine = connectEngine(docker.socketPath);
  await keepDockerd();
  await ensureImage(engine);
  await removeLabContainers(engine);
  await startScene(engine);
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
  await docker.stop();
};

const down = async (): Promise<void> => {
  const wasOurs = await endDockerd();
  const docker = wasOurs ? undefined : await findDockerd();
  if (docker !== undefined) {
    const engine = connectEngine(docker.socketPath);
    await removeLabContainers(engine);
    await removeImage(engine);
    await docker.stop();
  }
  console.log('Nothing of the lab is left.');
};

const COMMANDS: Record<string, () => Promise<void>> = { up, status, down };

const command = COMMANDS[process.argv[2] ?? ''];
if (command === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  await command();
}
