import type { NodeId } from '@serverbox/contract/ids';
import { useQuery } from '@tanstack/react-query';
import { ButtonLink } from '../../../components/page/ButtonLink.tsx';
import { useTRPC } from '../../../lib/trpc.ts';
import { Notice } from '../../../ui/Notice.tsx';
import { useRefreshOn } from '../../use-refresh-on.ts';

const REFRESH_MS = 5000;

/** Another node may have the name already: the core then puts a number behind it. */
const isNamed = (name: string, wanted: string): boolean => name === wanted || name.startsWith(`${wanted} `);

/** Waits for a machine that was not there before, and leads to it. */
export const NewNodeNotice = ({ name, before }: { name: string; before: readonly NodeId[] }) => {
  const trpc = useTRPC();
  const nodes = useQuery(trpc.nodes.list.queryOptions({}, { refetchInterval: REFRESH_MS }));
  useRefreshOn(['nodes'], [trpc.nodes.list.queryFilter()]);
  const node = nodes.data?.items.find((each) => !before.includes(each.id) && isNamed(each.name, name));
  return <ArrivalNotice name={node?.name ?? name} nodeId={node?.id} />;
};

/** Undefined: it has not come yet. */
export const ArrivalNotice = ({ name, nodeId }: { name: string; nodeId: NodeId | undefined }) =>
  nodeId === undefined ? (
    <Notice isBusy title={`Waiting for ${name}`}>
      This page sees it at once when the machine connects. You can also leave: it then appears among the nodes.
    </Notice>
  ) : (
    <Notice
      tone="success"
      title={`${name} is here`}
      action={
        <ButtonLink size="sm" variant="primary" to="/nodes/$nodeId" params={{ nodeId }}>
          Open node
        </ButtonLink>
      }
    >
      Its first figures arrive within seconds.
    </Notice>
  );
