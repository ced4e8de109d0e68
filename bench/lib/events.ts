/** A listener on the live channel, as a browser is one. */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';

export interface LiveListener {
  /** Resolves with the time (of `performance.now`) at which an event came that the test accepts. */
  until(accepts: (event: { type: string } & Record<string, unknown>) => boolean, timeoutMs: number): Promise<number>;
  close(): void;
}

type Accept = Parameters<LiveListener['until']>[0];
const PREFIX = 'data: ';

const open = (url: URL, token: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { headers: { authorization: `Bearer ${token}` } }, resolve);
    sent.once('error', reject);
    sent.end();
  });

export const listenLive = async (baseUrl: string, token: string, topics: readonly string[]): Promise<LiveListener> => {
  const url = new URL('/api/events', baseUrl);
  url.searchParams.set('topics', topics.join(','));
  const response = await open(url, token);
  if (response.statusCode !== 200) throw new Error(`the live channel was refused: ${response.statusCode}`);
  const waiting = new Set<{ accepts: Accept; resolve: (at: number) => void }>();
  let rest = '';
  response.setEncoding('utf8').on('data', (text: string) => {
    const at = performance.now();
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith(PREFIX)) continue;
      const event = JSON.parse(line.slice(PREFIX.length));
      for (const entry of waiting) if (entry.accepts(event)) entry.resolve(at);
    }
  });
  response.on('error', () => response.destroy());
  return {
    until: async (accepts, timeoutMs) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const entry = { accepts, resolve };
      const timer = setTimeout(() => reject(new Error(`no such event within ${timeoutMs} ms`)), timeoutMs);
      waiting.add(entry);
      try {
        return await promise;
      } finally {
        waiting.delete(entry);
        clearTimeout(timer);
      }
    },
    close: () => response.destroy(),
  };
};
