import type { Container } from '@serverbox/contract/containers';
import type { NodeSummary } from '@serverbox/contract/nodes';
import { useQuery } from '@tanstack/react-query';
import { Box, Plus, Server } from 'lucide-react';
import { useTerminalDeck } from '../../components/terminal/deck.tsx';
import { useCan } from '../../hooks/use-viewer.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import type { MenuEntry } from '../../ui/Menu.tsx';
import { Menu } from '../../ui/Menu.tsx';
import { isReachable } from '../nodes/node-status.ts';

/** Past so many a menu is no way to choose; the containers' own pages have a shell tab. */
const MOST_CONTAINERS = 30;

const refusalOf = (node: NodeSummary, isPermitted: boolean): string | undefined => {
  if (!isPermitted) return 'Your role does not include shells on nodes.';
  if (!node.services.includes('terminal')) return 'The owner of this node does not permit shells on it.';
  return isReachable(node.status.state) ? undefined : 'The node has no link now.';
};

/** "New shell on …": nodes first, then the containers that run. */
export const NewShellMenu = ({ isProminent = false }: { isProminent?: boolean }) => {
  const trpc = useTRPC();
  const deck = useTerminalDeck();
  const mayNodes = useCan('nodes.terminal');
  const mayContainers = useCan('containers.exec');
  const nodes = useQuery(trpc.nodes.list.queryOptions({}));
  const containers = useQuery(trpc.docker.containers.list.queryOptions({}, { enabled: mayContainers }));
  const running = (containers.data?.items ?? []).map((item) => item.value).filter((each) => each.state === 'running');

  const nodeEntry = (node: NodeSummary): MenuEntry => ({
    label: node.name,
    icon: Server,
    disabledReason: refusalOf(node, mayNodes),
    onSelect: () => deck.open({ nodeId: node.id, nodeName: node.name, container: null }),
  });
  const containerEntry = (container: Container): MenuEntry => ({
    label: container.name,
    icon: Box,
    onSelect: () =>
      deck.open({
        nodeId: container.nodeId,
        nodeName: container.nodeName,
        container: { id: container.id, name: container.name },
      }),
  });
  const items: MenuEntry[] = [
    { heading: 'Node' },
    ...(nodes.data?.items ?? []).map(nodeEntry),
    ...(running.length > 0 ? [{ heading: 'Container' }, ...running.slice(0, MOST_CONTAINERS).map(containerEntry)] : []),
  ];
  return (
    <Menu
      label="New shell on"
      items={items}
      trigger={
        isProminent ? (
          <Button variant="primary" icon={Plus}>
            New shell on…
          </Button>
        ) : (
          <IconButton label="New shell on…" icon={Plus} size="sm" />
        )
      }
    />
  );
};
