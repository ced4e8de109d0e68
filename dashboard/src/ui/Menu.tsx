import { Menu as Base } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import type { ComponentProps, KeyboardEvent, MouseEvent, ReactElement, RefObject } from 'react';
import { cloneElement, useEffect, useRef, useState } from 'react';
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
  /** A button that takes a `ref` and the attributes of a button. */
  trigger: ReactElement<ComponentProps<'button'>>;
  /** A function is asked when the menu opens. */
  items: readonly MenuEntry[] | (() => readonly MenuEntry[]);
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

interface OpenMenuProps extends Pick<MenuProps, 'label' | 'items' | 'align' | 'side'> {
  isOpen: boolean;
  isByKeyboard: boolean;
  anchor: RefObject<HTMLElement | null>;
  onOpenChange: (isOpen: boolean) => void;
  onGone: () => void;
}

const OpenMenu = ({ label, items, align, side, isOpen, isByKeyboard, anchor, onOpenChange, onGone }: OpenMenuProps) => {
  const popup = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isByKeyboard) return undefined;
    // After the popup has taken the focus itself.
    const frame = requestAnimationFrame(() => popup.current?.querySelector<HTMLElement>('[role^="menuitem"]')?.focus());
    return () => cancelAnimationFrame(frame);
  }, [isByKeyboard]);
  return (
    <Base.Root open={isOpen} onOpenChange={onOpenChange} onOpenChangeComplete={(isStill) => isStill || onGone()}>
      <Base.Portal>
        <Base.Positioner
          anchor={anchor}
          className={styles.positioner}
          sideOffset={6}
          align={align}
          side={side}
          collisionPadding={8}
        >
          <Base.Popup ref={popup} finalFocus={anchor} className={styles.popup} aria-label={label}>
            {(typeof items === 'function' ? items() : items).map((entry, index) => (
              <Entry key={entryKey(entry, index)} entry={entry} />
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
};

/**
 * A menu on a button. Refused entries stay visible and can say why. Until it is opened there is nothing but the button: a
 * list with a menu in each of its rows scrolls as lightly as one without.
 */
export const Menu = ({ label, trigger, items, align = 'end', side = 'bottom' }: MenuProps) => {
  const anchor = useRef<HTMLElement>(null);
  const [openedBy, setOpenedBy] = useState<'pointer' | 'keyboard'>();
  const [isOpen, setIsOpen] = useState(false);
  const open = (by: 'pointer' | 'keyboard') => {
    setOpenedBy(by);
    setIsOpen(true);
  };
  const button = cloneElement(trigger, {
    ref: anchor as RefObject<HTMLButtonElement | null>,
    'aria-haspopup': 'menu',
    'aria-expanded': isOpen,
    // A press of Enter or Space clicks too, and says so by counting no clicks.
    onClick: (event: MouseEvent) => open(event.detail === 0 ? 'keyboard' : 'pointer'),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'ArrowDown') return;
      event.preventDefault();
      open('keyboard');
    },
  });
  return (
    <>
      {button}
      {openedBy !== undefined && (
        <OpenMenu
          {...{ label, items, align, side, anchor, isOpen }}
          isByKeyboard={openedBy === 'keyboard'}
          onOpenChange={setIsOpen}
          onGone={() => setOpenedBy(undefined)}
        />
      )}
    </>
  );
};
