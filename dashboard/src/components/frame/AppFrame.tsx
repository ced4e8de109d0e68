/** The frame of every signed-in page: rail, top bar, live channel, palette, and what is said when the server is away. */
import { CSPProvider } from '@base-ui/react/csp-provider';
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Outlet } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useAppearance } from '../../hooks/use-appearance.ts';
import { CrumbContext } from '../../hooks/use-crumb.ts';
import { useHotkey } from '../../hooks/use-hotkey.ts';
import { LiveContext, useLive } from '../../hooks/use-live.ts';
import { useIsNarrow, useIsTight } from '../../hooks/use-media.ts';
import { useSessionKeeper } from '../../hooks/use-session-keeper.ts';
import { ViewerContext } from '../../hooks/use-viewer.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { usePlainActs } from '../../pages/containers/use-plain-acts.tsx';
import { ToastRegion } from '../../ui/ToastRegion.tsx';
import { TooltipLayer } from '../../ui/TooltipLayer.tsx';
import { TerminalDeckProvider } from '../terminal/deck.tsx';
import styles from './AppFrame.module.css';
import { BottomBar } from './BottomBar.tsx';
import { OfflineBanner } from './OfflineBanner.tsx';
import type { PaletteScope } from './palette-items.ts';
import { Rail } from './Rail.tsx';
import { TopBar } from './TopBar.tsx';
import { useLiveChannelOfTab } from './use-live-channel.ts';
import { useLeave } from './use-log-out.ts';
import { useRememberedFlag } from './use-remembered.ts';
import { useWarmPages } from './use-warm-pages.ts';

const CommandPalette = lazy(async () => ({ default: (await import('./CommandPalette.tsx')).CommandPalette }));

const route = getRouteApi('/app');

/** Where to come back to after signing in again. */
const here = (): { next?: string } => {
  const next = location.pathname + location.search;
  return next === '/' ? {} : { next };
};

/** Keeps what is on screen true: news of nodes, everything anew after a gap, and the way out when the session is over. */
const FrameNews = () => {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const keeper = useSessionKeeper();
  const leave = useLeave();
  useLive(['nodes'], (event) => {
    if (event.type === 'nodes') void queryClient.invalidateQueries(trpc.nodes.list.queryFilter());
    if (event.type === 'resync') void queryClient.invalidateQueries();
    // While this very tab signs out, the news is its own doing and the way out is taken already.
    const isSigningOut = queryClient.isMutating({ mutationKey: trpc.auth.logout.mutationKey() }) > 0;
    if (event.type === 'signed_out' && !isSigningOut) void leave({ ...here(), notice: 'revoked' });
  });
  useEffect(() => keeper.onSignedOut(() => void leave({ ...here(), notice: 'expired' })), [keeper, leave]);
  return null;
};

const usePalette = () => {
  const [scope, setScope] = useState<PaletteScope>();
  const { acts, question } = usePlainActs();
  useHotkey('mod+k', () => setScope(scope === undefined ? 'all' : undefined));
  const palette = (
    <>
      {scope !== undefined && (
        <Suspense>
          <CommandPalette scope={scope} onClose={() => setScope(undefined)} onAct={acts.request} />
        </Suspense>
      )}
      {question}
    </>
  );
  return { openPalette: setScope, palette };
};

const FrameLayout = ({ crumb, onRetry }: { crumb: string | undefined; onRetry: () => void }) => {
  const isNarrow = useIsNarrow();
  const isTight = useIsTight();
  const [isCollapsed, setIsCollapsed] = useRememberedFlag('serverbox.railCollapsed');
  // Where tables need the width the rail is folded until somebody asks for it.
  const [isUnfolded, setIsUnfolded] = useState(false);
  const collapse = (next: boolean) => (isTight ? setIsUnfolded(!next) : setIsCollapsed(next));
  const { openPalette, palette } = usePalette();
  return (
    <div className={styles.root}>
      <a href="#main" className={styles.skip}>
        Skip to content
      </a>
      {!isNarrow && <Rail isCollapsed={isTight ? !isUnfolded : isCollapsed} onCollapse={collapse} />}
      <div className={styles.column}>
        <TopBar crumb={crumb} isNarrow={isNarrow} onPalette={openPalette} />
        <OfflineBanner onRetry={onRetry} />
        <main id="main" tabIndex={-1} className={styles.main}>
          <Outlet />
        </main>
      </div>
      {isNarrow && <BottomBar />}
      {palette}
      <ToastRegion />
      <TooltipLayer />
    </div>
  );
};

/** Mounted once per sign-in: what it opens (the live channel) closes when the reader leaves for the login. */
export const AppFrame = () => {
  const { viewer } = route.useRouteContext();
  const live = useLiveChannelOfTab();
  const appearance = useAppearance();
  const [crumb, setCrumb] = useState<string>();
  useEffect(() => appearance.set(viewer.preferences), [appearance, viewer.preferences]);
  useWarmPages();

  return (
    <CSPProvider disableStyleElements>
      <ViewerContext value={viewer}>
        <LiveContext value={live}>
          <CrumbContext value={setCrumb}>
            <FrameNews />
            <TerminalDeckProvider>
              <FrameLayout crumb={crumb} onRetry={() => live.setOnline(true)} />
            </TerminalDeckProvider>
          </CrumbContext>
        </LiveContext>
      </ViewerContext>
    </CSPProvider>
  );
};
