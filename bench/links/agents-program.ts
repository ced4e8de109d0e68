/**
 * A fleet of simulated agents that stay connected: whoever loses the link dials again after a time like the real agent's, a
 * random part of a delay that doubles from one second to fifteen. argv: URL of the core.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentKey } from '../ingest/simulated-link.ts';
import { makeAgentKey, openSimulatedLink } from '../ingest/simulated-link.ts';
import { serve } from '../lib/serve.ts';

const [coreUrl = ''] = process.argv.slice(2);
const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 15_000;

let keys: AgentKey[] = [];
let linkedCount = 0;

const makeKeys = (count: number): string[] => {
  keys = Array.from({ length: count }, makeAgentKey);
  return keys.map((key) => key.public);
};

const stayLinked = async (credential: string, key: AgentKey): Promise<never> => {
  let delayMs = FIRST_DELAY_MS;
  for (;;) {
    await delay(Math.random() * delayMs);
    const link = await openSimulatedLink(coreUrl, credential, key).catch(() => undefined);
    if (link === undefined) {
      delayMs = Math.min(2 * delayMs, MAX_DELAY_MS);
      continue;
    }
    delayMs = FIRST_DELAY_MS;
    linkedCount += 1;
    await link.closed;
    linkedCount -= 1;
  }
};

const stayAllLinked = (credentials: readonly string[]): void => {
  for (const [index, key] of keys.entries()) void stayLinked(credentials[index] ?? '', key);
};

serve({ makeKeys, stayAllLinked, linkedCount: () => linkedCount });
