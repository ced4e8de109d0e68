import { CircleAlert, CircleCheck, Info, TriangleAlert, X } from 'lucide-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';
import { Button } from './Button.tsx';
import { IconButton } from './IconButton.tsx';
import styles from './ToastRegion.module.css';
import type { ToastItem } from './toast.ts';
import { useToast } from './toast.ts';
import type { Icon, Tone } from './types.ts';

const SHOWN_MS = 5000;
/** Errors carry more to read. */
const SHOWN_ERROR_MS = 12_000;

const ICONS: Record<Tone, Icon> = {
  neutral: Info,
  accent: Info,
  info: Info,
  success: CircleCheck,
  warning: TriangleAlert,
  danger: CircleAlert,
};

const Toast = ({ toast, onDismiss }: { toast: ToastItem; onDismiss: () => void }) => {
  const [isHeld, setIsHeld] = useState(false);
  const tone = toast.tone ?? 'neutral';
  useEffect(() => {
    if (isHeld) return undefined;
    const timer = setTimeout(onDismiss, tone === 'danger' ? SHOWN_ERROR_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isHeld, onDismiss, tone]);
  const IconOf = ICONS[tone];
  return (
    <li
      className={styles.toast}
      data-tone={tone}
      onPointerEnter={() => setIsHeld(true)}
      onPointerLeave={() => setIsHeld(false)}
      onFocus={() => setIsHeld(true)}
      onBlur={() => setIsHeld(false)}
    >
      <IconOf className={styles.icon} size={17} aria-hidden="true" />
      <div className={styles.words}>
        <p className={styles.title}>{toast.title}</p>
        {toast.description !== undefined && <p className={styles.description}>{toast.description}</p>}
        {toast.action !== undefined && (
          <div className={styles.action}>
            <Button
              size="sm"
              onClick={() => {
                toast.action?.onSelect();
                onDismiss();
              }}
            >
              {toast.action.label}
            </Button>
          </div>
        )}
      </div>
      <IconButton label="Dismiss" icon={X} size="sm" onClick={onDismiss} />
    </li>
  );
};

/** Where toasts appear. Polite: a screen reader finishes its sentence first. */
export const ToastRegion = () => {
  const queue = useToast();
  const items = useSyncExternalStore(queue.subscribe, queue.items);
  // Outside the application's own stacking context, so that a toast is never under a dialog.
  return createPortal(
    <section className={styles.root} aria-label="Notifications" aria-live="polite" aria-relevant="additions">
      <ol className={styles.list}>
        {items.map((toast) => (
          <Toast key={toast.id} toast={toast} onDismiss={() => queue.dismiss(toast.id)} />
        ))}
      </ol>
    </section>,
    document.body,
  );
};
