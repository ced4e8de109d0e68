import type { NodeSummary } from '@serverbox/contract/nodes';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { SquareTerminal } from 'lucide-react';
import { useEffect, useEffectEvent, useState } from 'react';
import { useTerminalDeck } from '../../components/terminal/deck.tsx';
import { TerminalView } from '../../components/terminal/TerminalView.tsx';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { NewShellMenu } from './NewShellMenu.tsx';
import { ShellTabs } from './ShellTabs.tsx';
import styles from './TerminalPage.module.css';
import { useShellShortcuts } from './use-shell-shortcuts.ts';

const route = getRouteApi('/app/terminal');

/** Opens the shell that the address asks for, once, and takes the wish out of the address. */
const useWish = (nodes: readonly NodeSummary[] | undefined) => {
  const { node: wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const deck = useTerminalDeck();
  const fulfil = useEffectEvent((nodeId: string) => {
    const node = nodes?.find((each) => each.id === nodeId);
    if (node === undefined) return;
    deck.open({ nodeId: node.id, nodeName: node.name, container: null });
    void navigate({ search: {}, replace: true });
  });
  const isKnown = nodes?.some((each) => each.id === wanted) ?? false;
  useEffect(() => {
    if (wanted !== undefined && isKnown) fulfil(wanted);
  }, [wanted, isKnown]);
};

export const TerminalPage = () => {
  const trpc = useTRPC();
  const nodes = useQuery(trpc.nodes.list.queryOptions({}));
  const deck = useTerminalDeck();
  const [titles, setTitles] = useState<Readonly<Record<string, string>>>({});
  usePageTitle('Terminal');
  useWish(nodes.data?.items);
  useShellShortcuts(deck);

  return (
    <div className={styles.page}>
      <h1 className={styles.hidden}>Terminal</h1>
      {deck.shells.length === 0 ? (
        <EmptyState
          size="page"
          icon={SquareTerminal}
          title="No shell is open"
          description="Open one on any node. It stays open while you look at other pages, until you close it or this browser tab."
          action={<NewShellMenu isProminent />}
        />
      ) : (
        <div className={styles.deck}>
          <ShellTabs deck={deck} titles={titles} />
          {deck.shells.map((shell) => (
            <div
              key={shell.id}
              role="tabpanel"
              id={`shell-${shell.id}`}
              aria-labelledby={`tab-${shell.id}`}
              className={styles.panel}
              hidden={shell.id !== deck.activeId}
            >
              {shell.id === deck.activeId && (
                <TerminalView
                  target={shell.target}
                  kept={{ shellId: shell.id, shelf: deck.shelf }}
                  onTitle={(title) =>
                    setTitles((known) => (known[shell.id] === title ? known : { ...known, [shell.id]: title }))
                  }
                />
              )}
            </div>
          ))}
        </div>
      )}
    </div>
  );
};
