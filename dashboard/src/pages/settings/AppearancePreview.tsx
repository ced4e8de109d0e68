import { RotateCw } from 'lucide-react';
import { Badge } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { StatusDot } from '../../ui/StatusDot.tsx';
import styles from './AppearancePreview.module.css';

const PARTS = [
  { tone: 'success', label: 'Running', badge: 'healthy' },
  { tone: 'warning', label: 'Restarting', badge: 'slow' },
  { tone: 'danger', label: 'Failed', badge: 'exit 137' },
] as const;

/** The same parts that pages are made of, so that a choice can be judged before looking further. */
export const AppearancePreview = () => (
  <Card title="How it looks">
    <div className={styles.root}>
      <ul className={styles.rows}>
        {PARTS.map(({ tone, label, badge }) => (
          <li key={label} className={styles.row}>
            <StatusDot tone={tone} label={label} />
            <Badge tone={tone}>{badge}</Badge>
            <code className={styles.code}>3f9a1c7e</code>
          </li>
        ))}
      </ul>
      <div className={styles.buttons}>
        <Button variant="primary">Primary</Button>
        <Button icon={RotateCw}>Secondary</Button>
        <Button variant="ghost">Quiet</Button>
        <Button variant="danger">Destructive</Button>
      </div>
    </div>
  </Card>
);
