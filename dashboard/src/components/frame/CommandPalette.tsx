/**
 * Search over everything (⌘K): pages, nodes, containers, acts. The field keeps the focus and the list follows by
 * `aria-activedescendant` (WAI-ARIA APG, combobox with listbox).
 */
import { Dialog as Base } from '@base-ui/react/dialog';
import type { Container } from '@serverbox/contract/containers';
import { Search } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { useDeferredValue, useEffect, useId, useRef, useState } from 'react';
import { Kbd } from '../../ui/Kbd.tsx';
import { StatusDot } from '../../ui/StatusDot.tsx';
import { rowForKey } from '../../ui/table-rows.ts';
import styles from './CommandPalette.module.css';
import type { PaletteItem, PaletteScope, QuickAction } from './palette-items.ts';
import { groupItems, rankItems } from './palette-items.ts';
import { usePaletteItems } from './use-palette-items.ts';

export interface CommandPaletteProps {
  scope: PaletteScope;
  onClose: () => void;
  /** An act on a container was chosen; it has to be confirmed before it is done. */
  onAct: (action: QuickAction, container: Container) => void;
}

const Option = ({
  item,
  id,
  isActive,
  onHover,
  onRun,
}: {
  item: PaletteItem;
  id: string;
  isActive: boolean;
  onHover: () => void;
  onRun: () => void;
}) => {
  const option = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isActive) option.current?.scrollIntoView({ block: 'nearest' });
  }, [isActive]);
  const IconOf = item.icon;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard stays in the field, which runs the active option.
    <div
      ref={option}
      id={id}
      role="option"
      aria-selected={isActive}
      className={styles.option}
      tabIndex={-1}
      onPointerMove={onHover}
      onClick={onRun}
    >
      {IconOf !== undefined && <IconOf size={16} aria-hidden="true" className={styles.icon} />}
      <span className={styles.label}>{item.label}</span>
      {item.hint !== undefined && <span className={styles.hint}>{item.hint}</span>}
      {item.dot !== undefined && <StatusDot tone={item.dot.tone} label={item.dot.label} />}
    </div>
  );
};

const PaletteBody = ({ scope, onClose, onAct }: CommandPaletteProps) => {
  const listId = useId();
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const items = usePaletteItems(scope, onAct);
  const groups = groupItems(rankItems(items, useDeferredValue(query)));
  const shown = groups.flatMap((group) => group.items);
  const activeIndex = Math.min(active, Math.max(0, shown.length - 1));

  const run = (item: PaletteItem | undefined) => {
    if (item === undefined) return;
    onClose();
    item.run();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      return run(shown[activeIndex]);
    }
    // Home and End belong to the text.
    const next = ['Home', 'End'].includes(event.key) ? undefined : rowForKey(event.key, activeIndex, shown.length);
    if (next === undefined) return;
    event.preventDefault();
    setActive(next);
  };
  const optionId = (item: PaletteItem) => `${listId}-${item.id}`;
  const activeItem = shown[activeIndex];

  return (
    <>
      <div className={styles.field}>
        <Search size={17} aria-hidden="true" />
        <input
          className={styles.input}
          role="combobox"
          aria-label={scope === 'nodes' ? 'Switch to a node' : 'Search or run'}
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={activeItem && optionId(activeItem)}
          aria-autocomplete="list"
          placeholder={scope === 'nodes' ? 'Switch to a node…' : 'Search pages, nodes, containers, actions…'}
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
          }}
          onKeyDown={press}
        />
        <Kbd keys="escape" />
      </div>
      <div id={listId} role="listbox" aria-label="Results" className={styles.list}>
        {groups.map(({ group, items: members }) => (
          // biome-ignore lint/a11y/useSemanticElements: a listbox takes groups of options, not fieldsets.
          <div key={group} role="group" aria-label={group}>
            <p className={styles.heading} aria-hidden="true">
              {group}
            </p>
            {members.map((item) => (
              <Option
                key={item.id}
                id={optionId(item)}
                item={item}
                isActive={item === activeItem}
                onHover={() => setActive(shown.indexOf(item))}
                onRun={() => run(item)}
              />
            ))}
          </div>
        ))}
        {shown.length === 0 && <p className={styles.none}>Nothing fits “{query}”.</p>}
      </div>
    </>
  );
};

export const CommandPalette = (props: CommandPaletteProps) => (
  <Base.Root open onOpenChange={(open) => !open && props.onClose()}>
    <Base.Portal>
      <Base.Backdrop className={styles.backdrop} />
      <Base.Popup className={styles.popup} aria-label="Command palette">
        <PaletteBody {...props} />
      </Base.Popup>
    </Base.Portal>
  </Base.Root>
);
