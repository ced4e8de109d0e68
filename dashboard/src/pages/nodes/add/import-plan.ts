/** In which order the hosts of a configuration are added, and what their hops are by then. Pure. */
import type { NodeId } from '@serverbox/contract/ids';
import type { ParsedSshHost } from '@serverbox/contract/ssh';

export type Host = ParsedSshHost;

/** Hops before those behind them; a circle keeps the order in which it is written and fails by itself. */
export const inHopOrder = (hosts: readonly Host[]): Host[] => {
  const byAlias = new Map(hosts.map((host) => [host.alias, host]));
  const ordered: Host[] = [];
  const seen = new Set<string>();
  const visit = (host: Host): void => {
    if (seen.has(host.alias)) return;
    seen.add(host.alias);
    for (const hop of host.jump) {
      const before = byAlias.get(hop);
      if (before !== undefined) visit(before);
    }
    ordered.push(host);
  };
  for (const host of hosts) visit(host);
  return ordered;
};

/** The nodes that the hops of a host are by now, or the name of the first one that is none. */
export const resolveHops = (
  { jump }: Pick<Host, 'jump'>,
  known: ReadonlyMap<string, NodeId>,
): { hops: NodeId[] } | { missing: string } => {
  const hops: NodeId[] = [];
  for (const alias of jump) {
    const id = known.get(alias);
    if (id === undefined) return { missing: alias };
    hops.push(id);
  }
  return { hops };
};
