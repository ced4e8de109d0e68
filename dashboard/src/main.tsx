/** Starts the dashboard: makes the few things that live as long as the tab, and hands them down. */
import './lib/schema-config.ts';
import './styles/fonts.css';
import './styles/variables.css';
import './styles/base.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { AppearanceContext } from './hooks/use-appearance.ts';
import { SessionKeeperContext } from './hooks/use-session-keeper.ts';
import { createAppearance } from './lib/appearance.ts';
import { createSessionKeeper } from './lib/http.ts';
import { createQueryClient } from './lib/query-client.ts';
import { reloadOnMissingChunk } from './lib/reload.ts';
import { isServerThere } from './lib/server-there.ts';
import { createClient, TRPCProvider } from './lib/trpc.ts';
import { createAppRouter } from './routes.tsx';
import { createToastQueue, ToastContext } from './ui/toast.ts';

const start = (root: HTMLElement): void => {
  reloadOnMissingChunk({
    target: window,
    storage: sessionStorage,
    reload: () => location.reload(),
    isServerThere,
    now: Date.now,
  });
  const appearance = createAppearance({
    root: document.documentElement,
    storage: localStorage,
    prefersLight: matchMedia('(prefers-color-scheme: light)'),
    themeColor: document.querySelector('meta[name="theme-color"]'),
  });
  const keeper = createSessionKeeper({
    fetch: (input, init) => fetch(input, init),
    storage: localStorage,
    locks: navigator.locks,
    now: Date.now,
  });
  const queryClient = createQueryClient();
  const client = createClient(keeper);
  const router = createAppRouter({ queryClient, trpc: createTRPCOptionsProxy({ client, queryClient }) });

  createRoot(root).render(
    <StrictMode>
      <AppearanceContext value={appearance}>
        <SessionKeeperContext value={keeper}>
          <ToastContext value={createToastQueue()}>
            <QueryClientProvider client={queryClient}>
              <TRPCProvider trpcClient={client} queryClient={queryClient}>
                <RouterProvider router={router} />
              </TRPCProvider>
            </QueryClientProvider>
          </ToastContext>
        </SessionKeeperContext>
      </AppearanceContext>
    </StrictMode>,
  );
};

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has lost its #root element.');
start(root);
