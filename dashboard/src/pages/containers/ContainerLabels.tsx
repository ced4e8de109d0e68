import { Tags } from 'lucide-react';
import { useState } from 'react';
import { Card } from '../../ui/Card.tsx';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { SearchInput } from '../../ui/SearchInput.tsx';
import styles from './ContainerPage.module.css';

export const ContainerLabels = ({ labels }: { labels: Readonly<Record<string, string>> }) => {
  const [query, setQuery] = useState('');
  const all = Object.entries(labels).toSorted(([a], [b]) => a.localeCompare(b));
  if (all.length === 0)
    return <EmptyState icon={Tags} title="No labels" description="Neither its image nor its creator labelled it." />;
  const shown = all.filter(([key, value]) => `${key}=${value}`.toLowerCase().includes(query.toLowerCase()));
  return (
    <>
      <div className={styles.bar}>
        <div className={styles.search}>
          <SearchInput label="Search labels" placeholder="Search" value={query} onChange={setQuery} />
        </div>
        <p className={styles.note}>
          {shown.length} of {all.length}
        </p>
      </div>
      <Card padding="none">
        <dl className={styles.pairs}>
          {shown.map(([key, value]) => (
            <div key={key} className={styles.pair}>
              <dt>{key}</dt>
              <dd>{value}</dd>
              <dd>
                <CopyButton text={value} label={`Copy ${key}`} />
              </dd>
            </div>
          ))}
        </dl>
      </Card>
    </>
  );
};
