import type { Container, ContainerList } from '@serverbox/contract/containers';
import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ButtonLink } from '../../components/page/ButtonLink.tsx';
import { formatBytes, formatBytesPerSecond, formatNumber } from '../../lib/format.ts';
import { Card } from '../../ui/Card.tsx';
import { ContainerStateDot } from '../containers/ContainerStateDot.tsx';
import styles from './BusyCard.module.css';

const MOST_SHOWN = 6;

const cpuOf = (container: Container): number => container.usage?.cpuCores ?? -1;
const sum = (a: number | null | undefined, b: number | null | undefined): number | null =>
  a == null && b == null ? null : (a ?? 0) + (b ?? 0);

/** The containers that work hardest now. Absent while there is none that runs. */
export const BusyCard = ({ containers }: { containers: UseQueryResult<ContainerList, unknown> }) => {
  const running = (containers.data?.items ?? []).map((item) => item.value).filter((each) => each.state === 'running');
  if (running.length === 0) return null;
  const busiest = running.toSorted((a, b) => cpuOf(b) - cpuOf(a)).slice(0, MOST_SHOWN);
  const most = Math.max(...busiest.map(cpuOf), 0.01);
  return (
    <Card
      title="Busiest containers"
      padding="none"
      actions={
        <ButtonLink size="sm" variant="ghost" to="/containers">
          All containers
        </ButtonLink>
      }
    >
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col" className={styles.number}>
              CPU cores
            </th>
            <th scope="col" className={styles.number}>
              Memory
            </th>
            <th scope="col" className={styles.wide}>
              Network
            </th>
          </tr>
        </thead>
        <tbody>
          {busiest.map((container) => (
            <tr key={`${container.nodeId}/${container.id}`}>
              <td>
                <Link
                  to="/nodes/$nodeId/containers/$containerId"
                  params={{ nodeId: container.nodeId, containerId: container.id }}
                  className={styles.name}
                >
                  {container.name}
                </Link>
              </td>
              <td>
                <ContainerStateDot container={container} />
              </td>
              <td className={styles.number}>
                <span className={styles.bar} style={{ transform: `scaleX(${Math.max(0, cpuOf(container)) / most})` }} />
                {formatNumber(container.usage?.cpuCores ?? null, 2)}
              </td>
              <td className={styles.number}>{formatBytes(container.usage?.memUsedBytes)}</td>
              <td className={styles.wide}>
                {formatBytesPerSecond(sum(container.usage?.netRxBytesPerSecond, container.usage?.netTxBytesPerSecond))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
};
