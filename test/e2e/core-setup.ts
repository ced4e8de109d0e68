/** Once for a lane: tests run the core as it is shipped, bundled from the sources as they are now. */
import { ensureCore } from '../../scripts/lib/core-bundle.mjs';

export const setup = async (): Promise<void> => {
  await ensureCore(() => undefined);
};
