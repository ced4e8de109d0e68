import { PERMISSIONS } from '@serverbox/contract/permissions';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useViewer } from '../../hooks/use-viewer.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Card } from '../../ui/Card.tsx';
import { KeyValue } from '../../ui/KeyValue.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { PasswordForm } from './PasswordForm.tsx';
import styles from './ProfilePage.module.css';

/** Who the reader is to Server Box, and what that allows. */
export const ProfilePage = () => {
  usePageTitle('Profile');
  const viewer = useViewer();
  return (
    <>
      <Card title="Account">
        <KeyValue
          items={[
            { label: 'E-mail', value: viewer.email, copyText: viewer.email },
            { label: 'Role', value: <Badge tone="accent">{viewer.role}</Badge> },
            { label: 'Created', value: <RelativeTime at={viewer.createdAt} /> },
          ]}
        />
      </Card>
      <Card title="Password" description="Changing it signs out your other sessions.">
        <PasswordForm email={viewer.email} />
      </Card>
      <Card title="Permissions" description="What your role lets you do. The server decides each time.">
        <ul className={styles.permissions}>
          {viewer.permissions.map((permission) => (
            <li key={permission} className={styles.permission}>
              <span>{PERMISSIONS[permission]}</span>
              <code className={styles.code}>{permission}</code>
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
};
