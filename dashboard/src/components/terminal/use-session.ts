import { useEffect, useState, useSyncExternalStore } from 'react';
import { usePreferences, useResolvedTheme } from '../../hooks/use-appearance.ts';
import { useMedia } from '../../hooks/use-media.ts';
import { useSessionKeeper } from '../../hooks/use-session-keeper.ts';
import { readToken } from '../../lib/tokens.ts';
import type { SessionShelf } from './deck.tsx';
import type { TerminalSession } from './session.ts';
import { createTerminalSession } from './session.ts';
import type { SessionState } from './session-state.ts';
import type { ShellTarget } from './shell-target.ts';
import type { TerminalLook } from './xterm.ts';

const FONT_PX = { small: 12, medium: 13, large: 15 } as const;

const useLook = (): TerminalLook => {
  const { fontSize, motion } = usePreferences();
  const wantsLessMotion = useMedia('(prefers-reduced-motion: reduce)');
  return { fontSize: FONT_PX[fontSize], isBlinking: motion === 'full' || (motion === 'system' && !wantsLessMotion) };
};

/**
 * The cells are measured once, so the font has to be there before a terminal opens. One that cannot be loaded is replaced
 * by the next of the family list, which is no reason to keep the user from a shell.
 */
const loadFont = async (fontPx: number): Promise<void> => {
  const family = readToken('--font-mono');
  await Promise.allSettled([
    document.fonts.load(`${fontPx}px ${family}`),
    document.fonts.load(`bold ${fontPx}px ${family}`),
  ]);
};

/**
 * The session of a shell: found on the shelf or made anew. Without a shelf it ends with the component.
 * Undefined until the font is there.
 */
export const useSession = (
  target: ShellTarget,
  kept: { shellId: string; shelf: SessionShelf } | undefined,
): TerminalSession | undefined => {
  const keeper = useSessionKeeper();
  const look = useLook();
  const theme = useResolvedTheme();
  const { accent } = usePreferences();
  const [session, setSession] = useState<TerminalSession | undefined>(undefined);
  const [failure, setFailure] = useState<unknown>(undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a session is made once; its look follows in the effect below.
  useEffect(() => {
    let isGone = false;
    let own: TerminalSession | undefined;
    const begin = async () => {
      await loadFont(look.fontSize);
      if (isGone) return;
      const found = kept?.shelf.find(kept.shellId);
      const made = found ?? createTerminalSession({ target, look, ensureFresh: keeper.ensureFresh });
      if (kept === undefined) own = made;
      else if (found === undefined) kept.shelf.keep(kept.shellId, made);
      setSession(made);
    };
    begin().catch(setFailure);
    return () => {
      isGone = true;
      own?.dispose();
      setSession(undefined);
    };
  }, [target.nodeId, target.container?.id, kept?.shellId]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme and accent change the tokens that setLook reads.
  useEffect(() => session?.setLook(look), [session, look.fontSize, look.isBlinking, theme, accent]);
  if (failure !== undefined) throw failure;
  return session;
};

export const useSessionState = (session: TerminalSession): SessionState =>
  useSyncExternalStore(session.subscribe, session.state);
