import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { OpenLog } from '../../lib/docker/client.ts';
import { createTimeStripper } from '../../lib/docker/log-lines.ts';

/** Copies a log as its bytes are, escape sequences included, at the pace of the writer. */
export const copyLogText = async (
  log: OpenLog,
  hasTimes: boolean,
  output: Writable,
  signal: AbortSignal,
): Promise<void> => {
  const withoutRepeats = createTimeStripper(hasTimes);
  for await (const chunk of log.body as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat(log.frames.push(chunk).map(withoutRepeats));
    if (bytes.length > 0 && !output.write(bytes)) await once(output, 'drain', { signal });
  }
};
