import type { ContainerDetail } from '@serverbox/contract/containers';
import { HardDrive } from 'lucide-react';
import { Badge } from '../../ui/Badge.tsx';
import { Card } from '../../ui/Card.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Table } from '../../ui/Table.tsx';
import type { Column } from '../../ui/table-types.ts';
import styles from './ContainerPage.module.css';

type Mount = ContainerDetail['mounts'][number];

const columns: readonly Column<Mount>[] = [
  {
    id: 'destination',
    header: 'In the container',
    width: 'minmax(10rem, 1.4fr)',
    card: 'title',
    sortValue: (mount) => mount.destination,
    cell: (mount) => <code className={styles.code}>{mount.destination}</code>,
  },
  {
    id: 'type',
    header: 'Kind',
    width: '88px',
    card: 'aside',
    sortValue: (mount) => mount.type,
    cell: (mount) => <Badge>{mount.type}</Badge>,
  },
  {
    id: 'source',
    header: 'From',
    width: 'minmax(10rem, 2fr)',
    card: 'line',
    sortValue: (mount) => mount.name ?? mount.source,
    cell: (mount) => <code className={styles.code}>{mount.name ?? mount.source}</code>,
  },
  {
    id: 'access',
    header: 'Access',
    width: '128px',
    card: 'line',
    sortValue: (mount) => (mount.writable ? 1 : 0),
    cell: (mount) => (mount.writable ? 'Read and write' : 'Read only'),
  },
];

export const ContainerMounts = ({ mounts }: { mounts: readonly Mount[] }) =>
  mounts.length === 0 ? (
    <EmptyState
      icon={HardDrive}
      title="No mounts"
      description="All that it writes goes with the container when it is removed."
    />
  ) : (
    <Card padding="none">
      <Table label="Mounts" rows={mounts} rowId={(mount) => mount.destination} columns={columns} />
    </Card>
  );
