import { useNavigate } from '@tanstack/react-router';
import { LogOut, Palette, UserRound } from 'lucide-react';
import { usePreferences } from '../../hooks/use-appearance.ts';
import { useViewer } from '../../hooks/use-viewer.ts';
import { Menu } from '../../ui/Menu.tsx';
import { THEMES } from './themes.ts';
import styles from './UserMenu.module.css';
import { useLogOut } from './use-log-out.ts';
import { useSetPreferences } from './use-set-preferences.ts';

const initialOf = (email: string): string => email.slice(0, 1).toUpperCase();

/** Who is signed in, their theme, and the way out. */
export const UserMenu = () => {
  const viewer = useViewer();
  const navigate = useNavigate();
  const { theme } = usePreferences();
  const setPreferences = useSetPreferences();
  const logOut = useLogOut();
  return (
    <Menu
      label="Account"
      trigger={
        <button type="button" className={styles.trigger} aria-label={`Account of ${viewer.email}`}>
          {initialOf(viewer.email)}
        </button>
      }
      items={[
        { heading: `${viewer.email} · ${viewer.role}` },
        { label: 'Profile', icon: UserRound, onSelect: () => void navigate({ to: '/settings/profile' }) },
        { label: 'Appearance', icon: Palette, onSelect: () => void navigate({ to: '/settings/appearance' }) },
        { separator: true },
        { heading: 'Theme' },
        ...THEMES.map(({ value, label }) => ({
          label,
          isChecked: theme === value,
          onSelect: () => setPreferences({ theme: value }),
        })),
        { separator: true },
        { label: 'Sign out', icon: LogOut, onSelect: logOut },
      ]}
    />
  );
};
