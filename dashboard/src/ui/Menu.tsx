import { Menu as Base } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import type { ReactElement } from 'react';
import { Kbd } from './Kbd.tsx';
import styles from './Menu.module.css';
import type { Icon } from './types.ts';

export interface MenuAction {
  label: string;
  icon?: Icon | undefined;
  onSelect: () => void;
  tone?: 'danger' | undefined;
  /** Stays in the list and can say why. */
  disabledReason?: string | undefined;
  shortcut?: string | undefined;
  /** Present: the item is a choice that can be on or off, and the menu stays open. */
  isChecked?: boolean | undefined;
}
export type MenuEntry = MenuAction | { separator: true } | { heading: string };

export interface MenuProps {
  label: string;
  trigger: ReactElement;
  items: readonly MenuEntry[];
  align?: 'start' | 'end';
  side?: 'top' | 'bottom' | 'right';
}

const Words = ({ item }: { item: MenuAction }) => {
  const IconOf = item.icon;
  return (
    <>
      {IconOf !== undefined && <IconOf size={15} aria-hidden="true" className={styles.icon} />}
      <span className={styles.label}>{item.label}</span>
      {item.shortcut !== undefined && <Kbd keys={item.shortcut} />}
    </>
  );
};

const Action = ({ item }: { item: MenuAction }) => {
  const look = {
    className: styles.item,
    'data-tone': item.tone,
    'data-tooltip': item.disabledReason,
    'aria-description': item.disabledReason,
    disabled: item.disabledReason !== undefined,
  };
  if (item.isChecked === undefined) {
    return (
      <Base.Item {...look} onClick={item.onSelect}>
        <Words item={item} />
      </Base.Item>
    );
  }
  return (
    <Base.CheckboxItem {...look} checked={item.isChecked} onCheckedChange={item.onSelect} closeOnClick={false}>
      <span className={styles.check}>
        <Base.CheckboxItemIndicator>
          <Check size={14} aria-hidden="true" />
        </Base.CheckboxItemIndicator>
      </span>
      <Words item={item} />
    </Base.CheckboxItem>
  );
};

const entryKey = (entry: MenuEntry, index: number): string => {
  if ('separator' in entry) return `separator-${index}`;
  return 'heading' in entry ? entry.heading : entry.label;
};

const Entry = ({ entry }: { entry: MenuEntry }) => {
  if ('separator' in entry) return <Base.Separator className={styles.separator} />;
  if ('heading' in entry) return <div className={styles.heading}>{entry.heading}</div>;
  return <Action item={entry} />;
};

/** A menu on a button. Refused entries stay visible and can say why. */
export const Menu = ({ label, trigger, items, align = 'end', side = 'bottom' }: MenuProps) => (
  <Base.Root>
    <Base.Trigger render={trigger} />
    <Base.Portal>
      <Base.Positioner className={styles.positioner} sideOffset={6} align={align} side={side} collisionPadding={8}>
        <Base.Popup className={styles.popup} aria-label={label}>
          {items.map((entry, index) => (
            <Entry key={entryKey(entry, index)} entry={entry} />
          ))}
        </Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  </Base.Root>
);
