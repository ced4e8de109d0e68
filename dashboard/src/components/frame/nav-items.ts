import { Box, LayoutDashboard, ListChecks, Server, Settings, SquareTerminal } from 'lucide-react';
import type { Icon } from '../../ui/types.ts';

export interface NavItem {
  label: string;
  to: '/' | '/nodes' | '/containers' | '/runs' | '/terminal' | '/settings';
  icon: Icon;
}

/** The places of the rail, of the bottom bar and of the palette. */
export const MAIN_NAV: readonly NavItem[] = [
  { label: 'Overview', to: '/', icon: LayoutDashboard },
  { label: 'Nodes', to: '/nodes', icon: Server },
  { label: 'Containers', to: '/containers', icon: Box },
  { label: 'Commands', to: '/runs', icon: ListChecks },
  { label: 'Terminal', to: '/terminal', icon: SquareTerminal },
];

export const SETTINGS_NAV: NavItem = { label: 'Settings', to: '/settings', icon: Settings };
