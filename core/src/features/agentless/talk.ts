/** The agent's side of the `metrics` conversation (contract/wire), spoken for a node that has no agent. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { NodeId } from '@serverbox/contract/ids';
import { WATCHED_INTERVAL_MS } from '@serverbox/contract/metrics';
import type { AgentMessage, NodeFacts } from '@serverbox/contract/wire';
import { CoreMessage, WIRE_PROTOCOL } from '@serverbox/contract/wire';
import type { LinkVia } from '../../lib/link/link.ts';
import type { Measurement } from './measure.ts';

/** What a node without an agent serves: metrics by us, the rest by its own sshd. */
const SERVICES: Extract<AgentMessage, { type: 'hello' }>['services'] = [
  ...(['metrics', 'docker:read', 'docker:write', 'exec', 'terminal'] as const),
];

/** The same for all streams of a node, so that the numbers go on and no mark is left behind by each connection. */
const epochOf = (nodeId: NodeId, via: LinkVia): string =>
  createHash('sha256').update(`${via}:${nodeId}`).digest('hex').slice(0, 32);

export interface Talk {
  hello(nodeId: NodeId, facts: NodeFacts, nowMs: number): Promise<void>;
  facts(facts: NodeFacts): Promise<void>;
  sample(measurement: Measurement, atMs: number): Promise<void>;
  /** Whether somebody watches the node. */
  readonly isWatched: boolean;
  /** Aborts when `isWatched` changes; another one afterwards. */
  readonly paceChanged: AbortSignal;
}

/** @throws from each method when the other side has ended the stream */
export const openTalk = (duplex: Duplex): Talk => {
  let seq: number | undefined;
  let isWatched = false;
  let change = new AbortController();
  const welcomed = Promise.withResolvers<number>();
  welcomed.promise.catch(() => undefined); // told to `hello`, if that still waits

  const hear = (message: CoreMessage): void => {
    if (message.type === 'welcome') welcomed.resolve(message.lastSeq);
    if (message.type !== 'interval') return;
    const wasWatched = isWatched;
    isWatched = message.everyMs === WATCHED_INTERVAL_MS;
    if (wasWatched === isWatched) return;
    const before = change;
    change = new AbortController();
    before.abort();
  };
  const listen = async (): Promise<void> => {
    let rest = '';
    for await (const chunk of duplex) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) hear(CoreMessage.parse(JSON.parse(line)));
    }
  };
  listen().then(() => welcomed.reject(new Error('the stream ended')), welcomed.reject);

  const send = async (message: AgentMessage): Promise<void> => {
    if (!duplex.writable) throw new Error('the stream ended');
    if (!duplex.write(`${JSON.stringify(message)}\n`)) await once(duplex, 'drain');
  };
  const next = (): number => {
    seq = (seq ?? 0) + 1;
    return seq;
  };
  return {
    hello: async (nodeId, facts, nowMs) => {
      const who = { protocol: WIRE_PROTOCOL, epoch: epochOf(nodeId, 'ssh'), services: SERVICES };
      await send({ type: 'hello', ...who, now: nowMs, facts });
      seq = await welcomed.promise;
    },
    facts: (facts) => send({ type: 'facts', facts }),
    sample: async ({ values, detail }, atMs) => {
      const at = Math.max(1, Math.round(atMs));
      await send({ type: 'host', seq: next(), at, values });
      if (detail !== undefined) await send({ type: 'detail', at, ...detail });
    },
    get isWatched() {
      return isWatched;
    },
    get paceChanged() {
      return change.signal;
    },
  };
};
