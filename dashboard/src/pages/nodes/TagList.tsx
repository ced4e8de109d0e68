import styles from './TagList.module.css';

/** Tags in one line, where those that do not fit are in the tooltip; or in as many lines as they need. */
export const TagList = ({ tags, isWrapped = false }: { tags: readonly string[]; isWrapped?: boolean }) => {
  if (tags.length === 0) return <span className={styles.none}>—</span>;
  return (
    <span
      className={styles.list}
      data-wrapped={isWrapped || undefined}
      data-tooltip={!isWrapped && tags.length > 2 ? tags.join('\n') : undefined}
    >
      {tags.map((tag) => (
        <span key={tag} className={styles.tag}>
          {tag}
        </span>
      ))}
    </span>
  );
};
