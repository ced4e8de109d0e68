/** Simulated agents behind real links, of which each sends a sample a second. argv: URL of the core. */
import type { ServerChannel } from 'ssh2';
import { serve } from '../lib/serve.ts';
import { hostLine } from './simulated.ts';
import type { AgentKey } from './simulated-link.ts';
import { makeAgentKey, openSimulatedLink } from './simulated-link.ts';

const [coreUrl = ''] = process.argv.slice(2);
const CONNECTING_AT_ONCE = 20;
const SLOT_MS = 20;

let keys: AgentKey[] = [];
const channels: ServerChannel[] = [];

const makeKeys = (count: number): string[] => {
  keys = Array.from({ length: count }, makeAgentKey);
  return keys.map((key) => key.public);
};

const link = async (credential: string, key: AgentKey): Promise<void> => {
  channels.push((await openSimulatedLink(coreUrl, credential, key)).channel);
};

const linkAll = async (credentials: readonly string[]): Promise<void> => {
  const all = keys.map((key, index) => ({ key, credential: credentials[index] ?? '' }));
  for (let start = 0; start < all.length; start += CONNECTING_AT_ONCE) {
    await Promise.all(all.slice(start, start + CONNECTING_AT_ONCE).map((each) => link(each.credential, each.key)));
  }
};

/** One sample a second from each, spread over the second. */
const sendEachSecond = (): void => {
  const startedAt = performance.now();
  let sent = 0;
  setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * channels.length;
    for (; sent < due; sent += 1) {
      const seq = Math.floor(sent / channels.length) + 1;
      channels[sent % channels.length]?.write(hostLine(seq, Date.now()));
    }
  }, SLOT_MS).unref();
};

serve({ makeKeys, linkAll, sendEachSecond });
