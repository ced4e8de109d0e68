import type { ContainerList } from '@serverbox/contract/containers';
import { Boxes, SearchX } from 'lucide-react';
import { Button } from '../../ui/Button.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import styles from './ContainersEmpty.module.css';

/** Three different nothings: filtered away, none there, and not known. */
export const ContainersEmpty = ({ list, onShowAll }: { list: ContainerList; onShowAll(): void }) => {
  if (list.items.length > 0) {
    return (
      <EmptyState
        icon={SearchX}
        title="No container matches"
        description="No container has all that the search and the filters ask for."
        action={<Button onClick={onShowAll}>Show all containers</Button>}
      />
    );
  }
  if (list.problems.length === 0) {
    return (
      <EmptyState
        size="page"
        icon={Boxes}
        title="No containers yet"
        description="Docker answers, and it has no containers. They appear here the moment that they are created, by whomever."
      />
    );
  }
  return (
    <EmptyState
      size="page"
      icon={Boxes}
      title="No Docker found"
      description={
        <>
          <p>Server Box lists the containers of every node on which it can reach Docker. It keeps looking.</p>
          <ul className={styles.list}>
            {list.problems.map((problem) => (
              <li key={problem.nodeId}>
                <strong>{problem.nodeName}</strong>: {problem.message}
              </li>
            ))}
          </ul>
        </>
      }
    />
  );
};
