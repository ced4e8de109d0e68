import type { ContainerList } from '@serverbox/contract/containers';
import { Layers } from 'lucide-react';
import { IconButton } from '../../ui/IconButton.tsx';
import { SearchInput } from '../../ui/SearchInput.tsx';
import { Select } from '../../ui/Select.tsx';
import type { SearchChange } from './ContainersPage.tsx';
import type { ContainersSearch } from './search.ts';

const STATE_OPTIONS = [
  { value: 'all', label: 'Every state' },
  { value: 'running', label: 'Running' },
  { value: 'stopped', label: 'Stopped' },
  { value: 'paused', label: 'Paused' },
  { value: 'unhealthy', label: 'Needs attention' },
] as const;

interface Props {
  list: ContainerList;
  search: ContainersSearch;
  onChange(next: SearchChange): void;
}

export const ContainersToolbar = ({ list, search, onChange }: Props) => {
  const nodes = [...new Map(list.items.map(({ value }) => [value.nodeId as string, value.nodeName]))];
  const isGrouped = search.group === 'project';
  return (
    <>
      <SearchInput
        label="Search containers"
        placeholder="Name, image, project"
        hotkey="/"
        value={search.q ?? ''}
        onChange={(q) => onChange({ q: q || undefined })}
      />
      <Select
        label="State"
        size="sm"
        value={search.state ?? 'all'}
        onChange={(state) => onChange({ state: state === 'all' ? undefined : state })}
        options={STATE_OPTIONS}
      />
      {nodes.length > 1 && (
        <Select
          label="Node"
          size="sm"
          value={search.node ?? 'all'}
          onChange={(node) => onChange({ node: node === 'all' ? undefined : node })}
          options={[{ value: 'all', label: 'Every node' }, ...nodes.map(([value, label]) => ({ value, label }))]}
        />
      )}
      <IconButton
        label="Group by compose project"
        icon={Layers}
        size="sm"
        isPressed={isGrouped}
        onClick={() => onChange({ group: isGrouped ? undefined : 'project' })}
      />
    </>
  );
};
