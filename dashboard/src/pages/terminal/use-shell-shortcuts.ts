import { useEffect, useEffectEvent } from 'react';
import type { TerminalDeck } from '../../components/terminal/deck.tsx';

/**
 * Alt+Shift with W closes, with the arrows goes to the neighbour, with D opens another shell on the same target. Browsers
 * keep Ctrl+T and Ctrl+W for themselves, and shells use Alt and Ctrl with single keys.
 */
const moveOf = (code: string): number => (code === 'ArrowRight' ? 1 : code === 'ArrowLeft' ? -1 : 0);

export const useShellShortcuts = (deck: TerminalDeck): void => {
  const act = useEffectEvent((code: string): boolean => {
    const { shells, activeId } = deck;
    const index = shells.findIndex((shell) => shell.id === activeId);
    const active = shells[index];
    const neighbour = shells[(index + moveOf(code) + shells.length) % shells.length];
    if (active === undefined) return false;
    if (code === 'KeyW') deck.close(active.id);
    else if (code === 'KeyD') deck.open(active.target);
    else if (moveOf(code) !== 0 && neighbour !== undefined) deck.activate(neighbour.id);
    else return false;
    return true;
  });
  useEffect(() => {
    // Captured, so that it comes before the terminal, which takes every key for the shell.
    const onKeyDown = (event: KeyboardEvent) => {
      if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey || !act(event.code)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, []);
};
