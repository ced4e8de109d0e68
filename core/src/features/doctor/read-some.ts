import type { Duplex } from 'node:stream';

/** After its last word a peer that keeps the connection open says nothing for so long. */
const QUIET_MS = 1000;

/** What a peer says until it ends, says too much, or is silent. The stream is destroyed in any case. */
export const readSome = (stream: Duplex, limits: { maxBytes: number; timeoutMs: number }): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = () => {
      clearTimeout(timer);
      clearTimeout(quiet);
      stream.destroy();
      resolve(Buffer.concat(chunks).toString('utf8', 0, limits.maxBytes));
    };
    let quiet: NodeJS.Timeout | undefined;
    const timer = setTimeout(finish, limits.timeoutMs);
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      clearTimeout(quiet);
      if (size >= limits.maxBytes) finish();
      else quiet = setTimeout(finish, QUIET_MS);
    });
    stream.once('end', finish);
    stream.once('close', finish);
    stream.on('error', (error) => {
      clearTimeout(timer);
      clearTimeout(quiet);
      reject(error);
    });
  });
