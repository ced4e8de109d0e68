import type { ContainerList } from '@serverbox/contract/containers';
import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import styles from './ProblemNotes.module.css';

/** Names the nodes whose containers are not in the list: a node that cannot be asked is not a node without containers. */
export const ProblemNotes = ({ problems }: { problems: ContainerList['problems'] }) => {
  if (problems.length === 0) return null;
  return (
    <ul className={styles.notes} aria-label="Nodes that are missing here">
      {problems.map((problem) => (
        <li key={problem.nodeId} className={styles.note}>
          <TriangleAlert size={15} aria-hidden="true" />
          <span>
            <Link to="/nodes/$nodeId" params={{ nodeId: problem.nodeId }} className={styles.link}>
              {problem.nodeName}
            </Link>{' '}
            is missing here: {problem.message}
          </span>
        </li>
      ))}
    </ul>
  );
};
