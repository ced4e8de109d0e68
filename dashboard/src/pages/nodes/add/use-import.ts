import type { NodeId } from '@serverbox/contract/ids';
import type { SshEndpoint } from '@serverbox/contract/ssh';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC, useTRPCClient } from '../../../lib/trpc.ts';
import type { AuthDraft } from '../ssh/ssh-draft.ts';
import { authOf } from '../ssh/ssh-draft.ts';
import { useRefreshNodes } from '../use-refresh-nodes.ts';
import type { Host } from './import-plan.ts';
import { inHopOrder, resolveHops } from './import-plan.ts';

export type ImportResult =
  | { is: 'waiting' | 'running' }
  | { is: 'failed'; message: string }
  | { is: 'added'; nodeId: NodeId; endpoint: SshEndpoint };
export type ImportedHosts = ReadonlyMap<string, ImportResult>;

interface Order {
  hosts: readonly Host[];
  auth: AuthDraft;
  sshUser: string;
}

/** Adds hosts one after another, hops first, because a host behind a hop needs it. One that fails stops no other. */
export const useImport = () => {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const refresh = useRefreshNodes();
  const [results, setResults] = useState<ImportedHosts>();
  const put = (alias: string, result: ImportResult) => setResults((old) => new Map(old).set(alias, result));

  const addOne = async (host: Host, { auth, sshUser }: Order, known: Map<string, NodeId>): Promise<ImportResult> => {
    const credential = authOf(auth);
    const route = resolveHops(host, known);
    if ('missing' in route)
      return { is: 'failed', message: `${route.missing} is no node: add it first, or choose it too.` };
    if (credential === undefined) return { is: 'failed', message: 'There is no credential.' };
    const { node, ssh } = await client.onboarding.create.mutate({
      ...{ name: host.alias, via: 'ssh', host: host.host, port: host.port },
      ...{ sshUser: host.sshUser ?? sshUser, auth: credential, jump: route.hops },
    });
    if (node === null || ssh === null) return { is: 'failed', message: 'The core did not say what it added.' };
    known.set(host.alias, node.id);
    return { is: 'added', nodeId: node.id, endpoint: ssh };
  };

  const start = async (order: Order): Promise<void> => {
    const hosts = inHopOrder(order.hosts);
    setResults(new Map(hosts.map(({ alias }) => [alias, { is: 'waiting' }])));
    const nodes = await queries.ensureQueryData(trpc.nodes.list.queryOptions({})).catch(() => ({ items: [] }));
    const known = new Map<string, NodeId>(nodes.items.map(({ name, id }) => [name, id]));
    for (const host of hosts) {
      put(host.alias, { is: 'running' });
      put(
        host.alias,
        await addOne(host, order, known).catch(
          (error: unknown): ImportResult => ({
            is: 'failed',
            message: toProblem(error).message,
          }),
        ),
      );
    }
    await refresh();
  };
  return { results, start, settle: put };
};
