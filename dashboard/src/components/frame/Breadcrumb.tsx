import { Link, useMatches } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import styles from './Breadcrumb.module.css';

/** Where the reader is: the place above, and the page itself by its name. */
export const Breadcrumb = ({ label }: { label: string | undefined }) => {
  const { crumb, parent } = useMatches({ select: (matches) => matches.at(-1)?.staticData ?? {} });
  const here = label ?? crumb;
  if (here === undefined) return null;
  return (
    <nav aria-label="Breadcrumb" className={styles.root}>
      <ol className={styles.list}>
        {parent !== undefined && (
          <li className={styles.item} data-parent="">
            <Link to={parent.to} className={styles.link}>
              {parent.label}
            </Link>
            <ChevronRight size={14} aria-hidden="true" className={styles.arrow} />
          </li>
        )}
        <li className={styles.item} aria-current="page">
          <span className={styles.here}>{here}</span>
        </li>
      </ol>
    </nav>
  );
};
