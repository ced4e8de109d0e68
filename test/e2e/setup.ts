/** Once for the whole lane: a Docker engine, the lab's image, and the containers that every test may look at. */
import { ensureDockerd } from '../../lab/docker.ts';
import { connectEngine } from '../../lab/engine.ts';
import { ensureImage } from '../../lab/image.ts';
import { removeScene, startScene } from './scene.ts';

export const setup = async (): Promise<() => Promise<void>> => {
  const docker = await ensureDockerd();
  const engine = connectEngine(docker.socketPath);
  await ensureImage(engine);
  await startScene(engine);
  return async () => {
    await removeScene(engine);
    await docker.stop();
  };
};
