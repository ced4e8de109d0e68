/** What the palette offers and in which order: pure, so that ranking can be tested without a screen. */
import type { Container, ContainerAction } from '@serverbox/contract/containers';
import { actionRefusal } from '@serverbox/contract/containers';
import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Permission } from '@serverbox/contract/permissions';
import { ACT_WORDS } from '../../pages/containers/container-acts.ts';
import type { Icon, Tone } from '../../ui/types.ts';
import { fuzzyScore } from './fuzzy.ts';

export type PaletteScope = 'all' | 'nodes';

export interface PaletteItem {
  id: string;
  group: 'Go to' | 'Nodes' | 'Containers' | 'Actions';
  label: string;
  /** Told apart by it, and searched with less weight: the node of a container, the reason of a status. */
  hint?: string;
  icon?: Icon;
  dot?: { tone: Tone | 'off'; label: string };
  run: () => void;
}

/** Further down nobody looks: they type another letter. */
export const MAX_SHOWN = 40;

export type QuickAction = Extract<ContainerAction, 'start' | 'stop' | 'restart'>;
const QUICK_ACTIONS: readonly QuickAction[] = ['restart', 'stop', 'start'];

/** Hollow for what cannot be known now, so that "offline" never looks like an alarm of its own. */
export const nodeTone = (state: NodeSummary['status']['state']): Tone | 'off' => {
  const tones = { online: 'success', warning: 'warning', critical: 'danger', offline: 'off', unknown: 'off' } as const;
  return tones[state];
};

/** A container is only as well as its health check says. */
export const containerTone = (container: Pick<Container, 'state' | 'health'>): Tone | 'off' => {
  if (container.state === 'running') return container.health === 'unhealthy' ? 'danger' : 'success';
  return container.state === 'restarting' || container.state === 'paused' ? 'warning' : 'off';
};

/** The acts that a container's state and the reader's permissions allow. */
export const containerActions = (
  containers: readonly Container[],
  permissions: readonly Permission[],
  run: (action: QuickAction, container: Container) => void,
): PaletteItem[] => {
  if (!permissions.includes('containers.operate')) return [];
  return containers.flatMap((container) =>
    QUICK_ACTIONS.filter((action) => actionRefusal(action, container.state) === undefined).map((action) => ({
      id: `${action}:${container.nodeId}:${container.id}`,
      group: 'Actions' as const,
      label: `${ACT_WORDS[action].label} ${container.name}`,
      hint: container.nodeName,
      icon: ACT_WORDS[action].icon,
      run: () => run(action, container),
    })),
  );
};

/** The label may be abbreviated; with the hint every word has to begin one, else half the list fits any two letters. */
const scoreOf = (query: string, item: PaletteItem): number | undefined => {
  const byLabel = fuzzyScore(query, item.label);
  if (byLabel !== undefined || item.hint === undefined) return byLabel;
  const beginnings = `${item.label} ${item.hint}`.toLowerCase().split(/[\s._\-/:]+/);
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const fits = words.every((word) => beginnings.some((beginning) => beginning.startsWith(word)));
  return fits ? 100 - item.label.length : undefined;
};

/**
 * The items that fit, best first, at most `MAX_SHOWN`. An empty query keeps the given order and leaves out acts: nobody
 * wants to meet "Stop database" one key press away before having asked for anything.
 */
export const rankItems = (items: readonly PaletteItem[], query: string): PaletteItem[] => {
  if (query.trim() === '') return items.filter((item) => !isRisky(item)).slice(0, MAX_SHOWN);
  return items
    .map((item) => ({ item, score: scoreOf(query, item) }))
    .filter((each): each is { item: PaletteItem; score: number } => each.score !== undefined)
    .sort((a, b) => b.score - a.score)
    .slice(0, MAX_SHOWN)
    .map(({ item }) => item);
};

const isRisky = (item: PaletteItem): boolean => /^(?:start|stop|restart):/.test(item.id);

/** Items under their headings; the heading with the best item comes first. */
export const groupItems = (items: readonly PaletteItem[]): { group: PaletteItem['group']; items: PaletteItem[] }[] => {
  const groups = new Map<PaletteItem['group'], PaletteItem[]>();
  for (const item of items) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
  return [...groups].map(([group, members]) => ({ group, items: members }));
};
