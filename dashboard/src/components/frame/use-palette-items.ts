import type { Container } from '@serverbox/contract/containers';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Box, LogOut, Palette, Server, SquareTerminal, UserRound } from 'lucide-react';
import { useViewer } from '../../hooks/use-viewer.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { MAIN_NAV, SETTINGS_NAV } from './nav-items.ts';
import type { PaletteItem, PaletteScope, QuickAction } from './palette-items.ts';
import { containerActions, containerTone, nodeTone } from './palette-items.ts';
import { THEMES } from './themes.ts';
import { useLogOut } from './use-log-out.ts';
import { useSetPreferences } from './use-set-preferences.ts';

/** Everything that the palette can reach, unfiltered. Lists are asked for when it opens and served from the cache first. */
export const usePaletteItems = (
  scope: PaletteScope,
  ask: (action: QuickAction, container: Container) => void,
): PaletteItem[] => {
  const trpc = useTRPC();
  const navigate = useNavigate();
  const { permissions } = useViewer();
  const setPreferences = useSetPreferences();
  const logOut = useLogOut();
  const nodeList = useQuery(trpc.nodes.list.queryOptions({}));
  const containerList = useQuery(trpc.docker.containers.list.queryOptions({}, { enabled: scope === 'all' }));

  const nodes = (nodeList.data?.items ?? []).map(
    (node): PaletteItem => ({
      id: `node:${node.id}`,
      group: 'Nodes',
      label: node.name,
      hint: node.status.reason,
      icon: Server,
      dot: { tone: nodeTone(node.status.state), label: node.status.state },
      run: () => void navigate({ to: '/nodes/$nodeId', params: { nodeId: node.id } }),
    }),
  );
  if (scope === 'nodes') {
    return [
      {
        id: 'page:/nodes',
        group: 'Go to',
        label: 'All nodes',
        icon: Server,
        run: () => void navigate({ to: '/nodes' }),
      },
      ...nodes,
    ];
  }

  const containers = (containerList.data?.items ?? []).map(({ value }) => value);
  return [
    ...[...MAIN_NAV, SETTINGS_NAV].map(
      (place): PaletteItem => ({
        id: `page:${place.to}`,
        group: 'Go to',
        label: place.label,
        icon: place.icon,
        run: () => void navigate({ to: place.to }),
      }),
    ),
    {
      id: 'page:profile',
      group: 'Go to',
      label: 'Profile and password',
      icon: UserRound,
      run: () => void navigate({ to: '/settings/profile' }),
    },
    {
      id: 'page:sessions',
      group: 'Go to',
      label: 'Sessions',
      icon: UserRound,
      run: () => void navigate({ to: '/settings/sessions' }),
    },
    {
      id: 'page:appearance',
      group: 'Go to',
      label: 'Appearance',
      icon: Palette,
      run: () => void navigate({ to: '/settings/appearance' }),
    },
    ...nodes,
    ...containers.map(
      (container): PaletteItem => ({
        id: `container:${container.nodeId}:${container.id}`,
        group: 'Containers',
        label: container.name,
        hint: container.nodeName,
        icon: Box,
        dot: { tone: containerTone(container), label: container.state },
        run: () =>
          void navigate({
            to: '/nodes/$nodeId/containers/$containerId',
            params: { nodeId: container.nodeId, containerId: container.id },
          }),
      }),
    ),
    ...(permissions.includes('nodes.terminal')
      ? (nodeList.data?.items ?? []).map(
          (node): PaletteItem => ({
            id: `terminal:${node.id}`,
            group: 'Actions',
            label: `Open a terminal on ${node.name}`,
            icon: SquareTerminal,
            run: () => void navigate({ to: '/terminal', search: { node: node.id } }),
          }),
        )
      : []),
    ...THEMES.map(
      ({ value: theme, icon }): PaletteItem => ({
        id: `theme:${theme}`,
        group: 'Actions',
        label: `Use ${theme} theme`,
        icon,
        run: () => setPreferences({ theme }),
      }),
    ),
    { id: 'log-out', group: 'Actions', label: 'Sign out', icon: LogOut, run: logOut },
    ...containerActions(containers, permissions, ask),
  ];
};
