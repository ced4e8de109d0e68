/**
 * The shells that are open in this browser tab. They live above the pages, so that looking something up elsewhere does not
 * end them. This file is part of the entry: it knows sessions only as a type and never imports the terminal itself.
 */
import type { ReactNode } from 'react';
import { createContext, use, useEffect, useMemo, useRef, useState } from 'react';
import type { TerminalSession } from './session.ts';
import type { ShellTarget } from './shell-target.ts';

export interface OpenShell {
  id: string;
  target: ShellTarget;
}

/** Keeps the session of a shell while its tab is open; who draws it first also makes it. */
export interface SessionShelf {
  find(shellId: string): TerminalSession | undefined;
  keep(shellId: string, session: TerminalSession): void;
}

export interface TerminalDeck {
  shells: readonly OpenShell[];
  activeId: string | undefined;
  open(target: ShellTarget): void;
  close(shellId: string): void;
  activate(shellId: string): void;
  shelf: SessionShelf;
}

const DeckContext = createContext<TerminalDeck | undefined>(undefined);

export const useTerminalDeck = (): TerminalDeck => {
  const deck = use(DeckContext);
  if (deck === undefined)
    throw new Error('useTerminalDeck is used outside the signed-in frame, which keeps the shells.');
  return deck;
};

const neighbourOf = (shells: readonly OpenShell[], shellId: string): string | undefined => {
  const index = shells.findIndex((shell) => shell.id === shellId);
  return (shells[index + 1] ?? shells[index - 1])?.id;
};

export const TerminalDeckProvider = ({ children }: { children: ReactNode }) => {
  const [shells, setShells] = useState<readonly OpenShell[]>([]);
  const [activeId, setActiveId] = useState<string | undefined>(undefined);
  const sessions = useRef(new Map<string, TerminalSession>());

  // Signing out takes the frame away, and with it every shell.
  useEffect(() => {
    const kept = sessions.current;
    return () => {
      for (const session of kept.values()) session.dispose();
      kept.clear();
    };
  }, []);

  const deck = useMemo<TerminalDeck>(
    () => ({
      shells,
      activeId,
      open: (target) => {
        const id = crypto.getRandomValues(new Uint32Array(2)).join('-');
        setShells([...shells, { id, target }]);
        setActiveId(id);
      },
      close: (shellId) => {
        sessions.current.get(shellId)?.dispose();
        sessions.current.delete(shellId);
        setShells(shells.filter((shell) => shell.id !== shellId));
        if (activeId === shellId) setActiveId(neighbourOf(shells, shellId));
      },
      activate: setActiveId,
      shelf: {
        find: (shellId) => sessions.current.get(shellId),
        keep: (shellId, session) => {
          sessions.current.set(shellId, session);
        },
      },
    }),
    [shells, activeId],
  );
  return <DeckContext value={deck}>{children}</DeckContext>;
};
