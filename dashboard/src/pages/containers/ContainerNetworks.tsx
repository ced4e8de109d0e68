import type { ContainerDetail } from '@serverbox/contract/containers';
import { Network } from 'lucide-react';
import { Card } from '../../ui/Card.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { KeyValue } from '../../ui/KeyValue.tsx';
import styles from './ContainerPage.module.css';
import { publishedPorts } from './container-state.ts';

interface Props {
  networks: ContainerDetail['networks'];
  ports: ContainerDetail['ports'];
}

export const ContainerNetworks = ({ networks, ports }: Props) => {
  if (networks.length === 0) {
    return (
      <EmptyState
        icon={Network}
        title="No network"
        description="This container cannot be reached and reaches nothing."
      />
    );
  }
  const published = publishedPorts(ports);
  return (
    <div className={styles.stack}>
      {published.length > 0 && <p className={styles.note}>Published on the node: {published.join(', ')}</p>}
      {networks.map((network) => (
        <Card key={network.name} title={network.name}>
          <KeyValue
            columns={2}
            items={[
              { label: 'Address', value: network.ip || '—', ...(network.ip ? { copyText: network.ip } : {}) },
              { label: 'Gateway', value: network.gateway || '—' },
              { label: 'MAC', value: network.mac || '—' },
              { label: 'Also known as', value: network.aliases?.join(', ') || '—' },
            ]}
          />
        </Card>
      ))}
    </div>
  );
};
