import type { Container } from '@serverbox/contract/containers';
import { Link, useNavigate } from '@tanstack/react-router';
import { EllipsisVertical } from 'lucide-react';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { Badge } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import { Menu } from '../../ui/Menu.tsx';
import styles from './ContainerHeader.module.css';
import { ContainerStateDot } from './ContainerStateDot.tsx';
import type { PlainAction } from './container-acts.ts';
import { ACT_WORDS } from './container-acts.ts';
import { useContainerActs } from './use-container-acts.tsx';

/** The two acts that people mean most often in a state stand outside the menu. */
const foremost = (state: Container['state']): readonly PlainAction[] => {
  if (state === 'running' || state === 'restarting') return ['restart', 'stop'];
  if (state === 'paused') return ['unpause'];
  return ['start'];
};

export const ContainerHeader = ({ container }: { container: Container }) => {
  const navigate = useNavigate();
  const { acts, dialogs } = useContainerActs(() => navigate({ to: '/containers' }));
  const isBusy = acts.busy.has(container.id);
  return (
    <>
      <PageHeader
        documentTitle={container.name}
        title={container.name}
        meta={
          <span className={styles.meta}>
            <ContainerStateDot container={container} />
            <span className={styles.words}>{container.status}</span>
            <span className={styles.words}>
              on{' '}
              <Link to="/nodes/$nodeId" params={{ nodeId: container.nodeId }} className={styles.link}>
                {container.nodeName}
              </Link>
            </span>
            {container.project !== null && (
              <Link to="/containers" search={{ q: container.project, group: 'project' }} className={styles.link}>
                <Badge>{container.project}</Badge>
              </Link>
            )}
          </span>
        }
        actions={
          <>
            {foremost(container.state).map((action) => (
              <Button
                key={action}
                icon={ACT_WORDS[action].icon}
                isBusy={isBusy}
                disabledReason={acts.refusal(action, container)}
                onClick={() => acts.request(action, container)}
              >
                {ACT_WORDS[action].label}
              </Button>
            ))}
            <Menu
              label={`More actions for ${container.name}`}
              align="end"
              items={() => acts.entries(container)}
              trigger={<IconButton label="More actions" icon={EllipsisVertical} variant="secondary" />}
            />
          </>
        }
      />
      {dialogs}
    </>
  );
};
