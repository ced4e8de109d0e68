import { ChevronDown, ChevronUp, Clock, Download, Eraser, WrapText } from 'lucide-react';
import { IconButton } from '../../ui/IconButton.tsx';
import { SearchInput } from '../../ui/SearchInput.tsx';
import { Select } from '../../ui/Select.tsx';
import styles from './LogViewer.module.css';
import type { StreamChoice } from './use-log.ts';
import type { LogSearch } from './use-search.ts';

const SINCE_OPTIONS = [
  { value: 'recent', label: 'Last 1,000 lines' },
  { value: '5m', label: 'Last 5 minutes' },
  { value: '15m', label: 'Last 15 minutes' },
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: 'Last 24 hours' },
] as const;
export type Since = (typeof SINCE_OPTIONS)[number]['value'];

const STREAM_OPTIONS = [
  { value: 'all', label: 'All output' },
  { value: 'stdout', label: 'stdout only' },
  { value: 'stderr', label: 'stderr only' },
] as const;

interface Props {
  search: LogSearch;
  onStep(by: 1 | -1): void;
  since: Since;
  onSinceChange(since: Since): void;
  choice: StreamChoice;
  onChoiceChange(choice: StreamChoice): void;
  isWrapped: boolean;
  onWrappedChange(isWrapped: boolean): void;
  hasStamps: boolean;
  onStampsChange(hasStamps: boolean): void;
  onClear(): void;
  downloadUrl: string;
}

const countOf = ({ query, hits, position }: LogSearch): string => {
  if (query === '') return '';
  if (hits.length === 0) return 'Not found';
  return position === 0 ? `${hits.length} lines` : `${position} of ${hits.length}`;
};

export const LogToolbar = ({ search, onStep, ...props }: Props) => (
  <div className={styles.bar} role="toolbar" aria-label="Log tools">
    {/* biome-ignore lint/a11y/noStaticElementInteractions: Enter in the field steps through the hits, as in every editor. */}
    <div
      className={styles.search}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        onStep(event.shiftKey ? 1 : -1);
      }}
    >
      <div className={styles.field}>
        <SearchInput
          label="Search this log"
          placeholder="Search"
          value={search.query}
          onChange={search.setQuery}
          hotkey="/"
        />
      </div>
      <span className={styles.count} role="status">
        {countOf(search)}
      </span>
      <IconButton label="Previous hit (older)" icon={ChevronUp} size="sm" onClick={() => onStep(-1)} />
      <IconButton label="Next hit (newer)" icon={ChevronDown} size="sm" onClick={() => onStep(1)} />
    </div>
    <span className={styles.spacer} />
    <Select label="From" size="sm" value={props.since} onChange={props.onSinceChange} options={SINCE_OPTIONS} />
    <Select label="Output" size="sm" value={props.choice} onChange={props.onChoiceChange} options={STREAM_OPTIONS} />
    <IconButton
      label="Time of each line"
      icon={Clock}
      size="sm"
      isPressed={props.hasStamps}
      onClick={() => props.onStampsChange(!props.hasStamps)}
    />
    <IconButton
      label="Wrap long lines"
      icon={WrapText}
      size="sm"
      isPressed={props.isWrapped}
      onClick={() => props.onWrappedChange(!props.isWrapped)}
    />
    <IconButton label="Clear the screen (the log itself stays)" icon={Eraser} size="sm" onClick={props.onClear} />
    <a className={styles.download} href={props.downloadUrl} download data-tooltip="Download as a text file">
      <Download aria-hidden="true" size={16} />
      <span className={styles.hidden}>Download as a text file</span>
    </a>
  </div>
);
