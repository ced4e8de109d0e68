import type { ObservedContainer } from '@serverbox/contract/containers';
import { EllipsisVertical } from 'lucide-react';
import { formatBytes, formatBytesPerSecond, formatNumber } from '../../lib/format.ts';
import { IconButton } from '../../ui/IconButton.tsx';
import { Menu } from '../../ui/Menu.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import type { Column } from '../../ui/table-types.ts';
import { ContainerStateDot } from './ContainerStateDot.tsx';
import styles from './container-columns.module.css';
import { publishedPorts, stateDetail, stateWords } from './container-state.ts';
import type { ContainerActs } from './use-container-acts.tsx';

type Row = ObservedContainer;

const networkOf = ({ value }: Row): number | null =>
  value.usage === null ? null : (value.usage.netRxBytesPerSecond ?? 0) + (value.usage.netTxBytesPerSecond ?? 0);

/** Registries and paths are long and mostly the same; what tells images apart stands at the end. */
const lastPart = (image: string): string => image.slice(image.lastIndexOf('/') + 1);

const memoryWords = ({ value }: Row): string | undefined =>
  value.usage?.memLimitBytes ? `Limit ${formatBytes(value.usage.memLimitBytes)}` : undefined;

const Ports = ({ ports }: { ports: Row['value']['ports'] }) => {
  const [first, ...others] = publishedPorts(ports);
  if (first === undefined) return <span className={styles.none}>—</span>;
  return (
    <span className={styles.ports} data-tooltip={others.length > 0 ? [first, ...others].join('\n') : undefined}>
      {first}
      {others.length > 0 && <span className={styles.none}> +{others.length}</span>}
    </span>
  );
};

const figures: readonly Column<Row>[] = [
  {
    id: 'cpu',
    header: 'CPU',
    width: '84px',
    align: 'end',
    card: 'line',
    canHide: true,
    hideBelow: 550,
    sortValue: ({ value }) => value.usage?.cpuCores ?? null,
    cell: ({ value }) => (
      <span data-tooltip="Cores, 1.00 is one core fully busy">{formatNumber(value.usage?.cpuCores, 2)}</span>
    ),
  },
  {
    id: 'memory',
    header: 'Memory',
    width: '96px',
    align: 'end',
    card: 'line',
    canHide: true,
    hideBelow: 660,
    sortValue: ({ value }) => value.usage?.memUsedBytes ?? null,
    cell: (row) => <span data-tooltip={memoryWords(row)}>{formatBytes(row.value.usage?.memUsedBytes)}</span>,
  },
  {
    id: 'network',
    header: 'Network',
    width: '104px',
    align: 'end',
    card: 'hidden',
    canHide: true,
    hideBelow: 1170,
    sortValue: networkOf,
    cell: (row) => formatBytesPerSecond(networkOf(row)),
  },
];

/* `hideBelow` is what the columns before it and its own least widths add up to: a table never grows past its page. */
const identity: readonly Column<Row>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 'minmax(10rem, 1.6fr)',
    card: 'title',
    sortValue: ({ value }) => value.name.toLowerCase(),
    cell: ({ value }) => (
      <span className={styles.two}>
        <span className={styles.name}>{value.name}</span>
        <span className={styles.minor}>
          {value.service === null ? value.id.slice(0, 12) : `service ${value.service}`}
        </span>
      </span>
    ),
  },
  {
    id: 'state',
    header: 'State',
    width: 'minmax(8.5rem, 1fr)',
    card: 'aside',
    sortValue: ({ value }) => stateWords(value),
    cell: ({ value }) => (
      <span className={styles.two}>
        <ContainerStateDot container={value} />
        <span className={styles.minor} data-tooltip={value.status}>
          {stateDetail(value)}
        </span>
      </span>
    ),
  },
  {
    id: 'image',
    header: 'Image',
    width: 'minmax(8rem, 1.2fr)',
    card: 'line',
    canHide: true,
    hideBelow: 915,
    sortValue: ({ value }) => value.image.toLowerCase(),
    cell: ({ value }) => (
      <span className={styles.cut} data-tooltip={value.image}>
        {lastPart(value.image)}
      </span>
    ),
  },
  {
    id: 'node',
    header: 'Node',
    width: 'minmax(6rem, 0.8fr)',
    card: 'line',
    canHide: true,
    hideBelow: 770,
    sortValue: ({ value }) => value.nodeName.toLowerCase(),
    cell: ({ value }) => <span className={styles.cut}>{value.nodeName}</span>,
  },
  {
    id: 'project',
    header: 'Project',
    width: 'minmax(6rem, 0.8fr)',
    card: 'hidden',
    canHide: true,
    hideBelow: 1285,
    sortValue: ({ value }) => value.project,
    cell: ({ value }) => <span className={styles.cut}>{value.project ?? '—'}</span>,
  },
  {
    id: 'ports',
    header: 'Ports',
    width: 'minmax(7.5rem, 0.9fr)',
    card: 'hidden',
    canHide: true,
    hideBelow: 1050,
    cell: ({ value }) => <Ports ports={value.ports} />,
  },
];

const created: Column<Row> = {
  id: 'created',
  header: 'Created',
  width: '92px',
  align: 'end',
  card: 'hidden',
  canHide: true,
  hideBelow: 1390,
  sortValue: ({ value }) => value.createdAt,
  cell: ({ value }) => <RelativeTime at={value.createdAt} />,
};

const actionsColumn = (acts: ContainerActs): Column<Row> => ({
  id: 'actions',
  header: 'Actions',
  isHeaderHidden: true,
  width: '40px',
  align: 'end',
  card: 'aside',
  cell: ({ value }) => (
    // biome-ignore lint/a11y/noStaticElementInteractions: keeps a click on the menu from opening the row beneath it.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the menu inside is what takes the keyboard.
    <span className={styles.actions} onClick={(event) => event.stopPropagation()}>
      <Menu
        label={`Actions for ${value.name}`}
        align="end"
        items={() => acts.entries(value)}
        trigger={
          <IconButton
            label={`Actions for ${value.name}`}
            icon={EllipsisVertical}
            size="sm"
            isBusy={acts.busy.has(value.id)}
          />
        }
      />
    </span>
  ),
});

export const containerColumns = (acts: ContainerActs): readonly Column<Row>[] => [
  ...identity,
  ...figures,
  created,
  actionsColumn(acts),
];
