/**
 * A wrong wall clock for one child process, which can be moved while it runs. The monotonic clock stays right: that is what
 * happens when somebody sets the clock of a machine.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getProgram } from '../programs.ts';
import { openTempDir } from '../temp-dir.ts';

export type WrongClock = {
  /** For the environment of the child. */
  environment: Record<string, string>;
  /** Moves the child's clock, at once and for all of its processes. */
  set(offsetSeconds: number): Promise<void>;
  close(): Promise<void>;
};

const offsetText = (seconds: number): string => `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s`;

/** @throws Error that names the Debian package when the library is missing */
export const openWrongClock = async (offsetSeconds = 0): Promise<WrongClock> => {
  const dir = await openTempDir('clock');
  const file = join(dir.path, 'offset');
  const set = (seconds: number) => writeFile(file, `${offsetText(seconds)}\n`);
  await set(offsetSeconds);
  return {
    environment: {
      LD_PRELOAD: getProgram('faketime'),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
    close: dir.remove,
  };
};
