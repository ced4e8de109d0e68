import type { NodeSummary } from '@serverbox/contract/nodes';
import { WAY_NAMES, WAYS } from '@serverbox/contract/ways';
import { Star } from 'lucide-react';
import { IconButton } from '../../ui/IconButton.tsx';
import { SearchInput } from '../../ui/SearchInput.tsx';
import { Select } from '../../ui/Select.tsx';
import { STATUS_WORDS } from './node-status.ts';
import type { NodesSearch } from './search.ts';

export type NodesChange = Partial<Record<keyof NodesSearch, string | undefined>>;

const STATUS_OPTIONS = [
  { value: 'all', label: 'Every status' },
  ...(['online', 'warning', 'critical', 'offline', 'unknown'] as const).map((value) => ({
    value,
    label: STATUS_WORDS[value],
  })),
] as const;
const WAY_OPTIONS = [
  { value: 'all', label: 'Every way' },
  ...WAYS.map((value) => ({ value, label: WAY_NAMES[value] })),
] as const;

interface Props {
  nodes: readonly NodeSummary[];
  search: NodesSearch;
  onChange(next: NodesChange): void;
}

export const NodesToolbar = ({ nodes, search, onChange }: Props) => {
  const tags = [...new Set([...nodes.flatMap((node) => node.tags), ...(search.tag === undefined ? [] : [search.tag])])];
  const given = (value: string) => (value === 'all' ? undefined : value);
  const isStarred = search.only === 'favourites';
  return (
    <>
      <SearchInput
        label="Search nodes"
        placeholder="Name, address, system, tag"
        hotkey="/"
        value={search.q ?? ''}
        onChange={(q) => onChange({ q: q || undefined })}
      />
      <Select
        label="Status"
        size="sm"
        value={search.status ?? 'all'}
        onChange={(status) => onChange({ status: given(status) })}
        options={STATUS_OPTIONS}
      />
      <Select
        label="Way"
        size="sm"
        value={search.via ?? 'all'}
        onChange={(via) => onChange({ via: given(via) })}
        options={WAY_OPTIONS}
      />
      {tags.length > 0 && (
        <Select
          label="Tag"
          size="sm"
          value={search.tag ?? 'all'}
          onChange={(tag) => onChange({ tag: given(tag) })}
          options={[
            { value: 'all', label: 'Every tag' },
            // "all" is a tag that somebody may use, and stands for none of them here.
            ...tags
              .filter((tag) => tag !== 'all')
              .sort()
              .map((value) => ({ value, label: value })),
          ]}
        />
      )}
      <IconButton
        label="Only favourites"
        icon={Star}
        size="sm"
        isPressed={isStarred}
        onClick={() => onChange({ only: isStarred ? undefined : 'favourites' })}
      />
    </>
  );
};
