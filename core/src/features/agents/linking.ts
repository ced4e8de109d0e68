/** What happens between an admitted WebSocket and a node that is there: SSH, the agent's hello, the metrics stream. */
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { AGENT_SERVICES } from '@serverbox/contract/policy';
import type { Clock } from '../../lib/clock.ts';
import { AppError, messageOf } from '../../lib/errors.ts';
import type { LinkRegistry } from '../../lib/link/links.ts';
import type { ClientKey } from '../../lib/link/ssh-keys.ts';
import { parsePublicKey } from '../../lib/link/ssh-keys.ts';
import type { SshLink } from '../../lib/link/ssh-link.ts';
import { openSshLink } from '../../lib/link/ssh-link.ts';
import type { Log } from '../../lib/log.ts';
import { peekHello } from './hello.ts';
import type { AttachMetrics, RecordActivity } from './ports.ts';
import type { EnrolledNode } from './queries.ts';
import type { Refusals } from './refusals.ts';

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 30_000;
const VIOLATION_DELAY_MS = 300_000;

export interface LinkingDeps {
  links: LinkRegistry;
  refusals: Pick<Refusals, 'note' | 'clear'>;
  coreKey: ClientKey;
  attachMetrics: AttachMetrics;
  recordActivity: RecordActivity;
  clock: Clock;
  log: Log;
  /** Aborts when the core stops: what ends then is no news about a node. */
  stopping: AbortSignal;
}

/** Everything but metrics: what may be possible where the owner does not even permit those, and nothing says more. */
const UNKNOWN_SERVICES = AGENT_SERVICES.filter((service) => service !== 'metrics');

/** The first metrics stream also tells which services the owner permits. Undefined where there are no metrics. */
const openFirstStream = async (
  link: SshLink,
  { refusals }: LinkingDeps,
  node: EnrolledNode,
  log: Log,
): Promise<Duplex | undefined> => {
  refusals.clear(node.id);
  try {
    const stream = await link.subsystem('metrics');
    const hello = await peekHello(stream);
    if ('problem' in hello) {
      log.warn('agent said no hello', { reason: hello.problem });
      refusals.note(node.id, `The agent is connected, but was not understood: ${hello.problem}. Upgrade it.`);
    } else link.setServices(hello.services);
    return stream;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'refused_by_policy') throw error;
    link.setServices(UNKNOWN_SERVICES);
    return undefined;
  }
};

const keepMetrics = async (deps: LinkingDeps, node: EnrolledNode, link: SshLink, first: Duplex): Promise<void> => {
  let stream: Duplex | undefined = first;
  let delayMs = FIRST_DELAY_MS;
  while (!link.closed.aborted) {
    if (stream !== undefined) {
      const startedMs = deps.clock.monotonicMs();
      const outcome = await deps.attachMetrics(node.id, stream, link.closed);
      if (deps.clock.monotonicMs() - startedMs > MAX_DELAY_MS) delayMs = FIRST_DELAY_MS;
      if (outcome === 'violation') delayMs = VIOLATION_DELAY_MS;
    }
    await delay(delayMs, undefined, { signal: link.closed }).catch(() => undefined); // a lost link ends the loop
    delayMs = Math.min(delayMs * 2, Math.max(delayMs, MAX_DELAY_MS));
    if (link.closed.aborted) return;
    stream = await link.subsystem('metrics').catch((error: unknown) => {
      deps.log.debug('metrics stream was not opened', { nodeId: node.id, reason: messageOf(error) });
      return undefined;
    });
  }
};

/**
 * Makes a link of the stream on which the agent of `node` waits. Resolves when the node can be used.
 * @throws AppError `node_unreachable` when the machine there does not hold the node's key
 */
export const linkNode = async (deps: LinkingDeps, node: EnrolledNode, stream: Duplex): Promise<SshLink> => {
  const { links, clock } = deps;
  const log = deps.log.with({ nodeId: node.id });
  const link = await openSshLink({
    via: 'agent',
    stream,
    hostPublicKey: parsePublicKey(node.hostPublicKey),
    clientKey: deps.coreKey,
    services: [],
    clock,
    log,
  });
  const metrics = await openFirstStream(link, deps, node, log).catch((error: unknown) => {
    link.close('the agent serves no metrics stream');
    throw error;
  });
  links.add(node.id, link);
  const record = (kind: 'node.linked' | 'node.unlinked', text: string) =>
    deps
      .recordActivity(node.id, { kind, subject: null, actor: null, text })
      .catch((error: unknown) => log.warn('activity was not recorded', { kind, error }));
  void record('node.linked', 'The node connected');
  link.closed.addEventListener(
    'abort',
    () => {
      if (deps.stopping.aborted || links.findVia(node.id, 'agent') !== undefined) return;
      void record('node.unlinked', 'The node lost its connection');
    },
    { once: true },
  );
  if (metrics !== undefined) {
    void keepMetrics(deps, node, link, metrics).catch((error: unknown) => log.error('metrics loop failed', { error }));
  }
  return link;
};
