import type { KeyboardEvent, ReactNode, RefObject } from 'react';
import { useId, useLayoutEffect, useRef } from 'react';
import styles from './Tabs.module.css';
import type { Icon } from './types.ts';
import { useWidth } from './use-width.ts';

export interface TabItem<V extends string> {
  value: V;
  label: string;
  icon?: Icon;
  count?: number | undefined;
}

export interface TabsProps<V extends string> {
  label: string;
  value: V;
  onChange: (value: V) => void;
  items: readonly TabItem<V>[];
  /** The panel of the active tab. */
  children: ReactNode;
}

const stepOf = (key: string, index: number, count: number): number | undefined => {
  switch (key) {
    case 'ArrowRight':
      return (index + 1) % count;
    case 'ArrowLeft':
      return (index - 1 + count) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
};

/** Where the tabs are wider than the screen, the active one is brought to the middle. */
const useActiveInView = (list: RefObject<HTMLElement | null>, value: string): void => {
  const widthPx = useWidth(list);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab or another width is what moves it
  useLayoutEffect(() => {
    const tab = list.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (list.current === null || !tab) return;
    const [outer, inner] = [list.current.getBoundingClientRect(), tab.getBoundingClientRect()];
    list.current.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
  }, [list, value, widthPx]);
};

/** Tabs with one panel (WAI-ARIA APG, automatic activation): arrows, Home and End move, only the active tab is in the tab order. */
export const Tabs = <V extends string>({ label, value, onChange, items, children }: TabsProps<V>) => {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  useActiveInView(list, value);
  const move = (event: KeyboardEvent) => {
    const next = stepOf(
      event.key,
      items.findIndex((item) => item.value === value),
      items.length,
    );
    const item = next === undefined ? undefined : items[next];
    if (item === undefined || next === undefined) return;
    event.preventDefault();
    onChange(item.value);
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[next]?.focus();
  };
  return (
    <div>
      <div ref={list} role="tablist" aria-label={label} className={styles.list} onKeyDown={move}>
        {items.map(({ value: each, label: words, icon: IconOf, count }) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`${id}-${each}`}
            className={styles.tab}
            aria-selected={each === value}
            aria-controls={`${id}-panel`}
            tabIndex={each === value ? 0 : -1}
            onClick={() => onChange(each)}
          >
            {IconOf !== undefined && <IconOf size={15} aria-hidden="true" />}
            {words}
            {count !== undefined && <span className={styles.count}>{count}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`} className={styles.panel}>
        {children}
      </div>
    </div>
  );
};
