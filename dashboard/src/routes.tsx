/**
 * The map of the product: every page with its path, in one place. Pages load lazily, except those on the way to the login.
 * What a route needs before it may be shown (set-up done, somebody signed in) is decided here and nowhere else.
 */

import type { AppRouter } from '@serverbox/core/router';
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import type { TRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { enterApp, enterLogin } from './pages/auth/entrance.ts';
import { LoginPage } from './pages/auth/LoginPage.tsx';
import { SetupPage } from './pages/auth/SetupPage.tsx';
import { parseLoginSearch } from './pages/auth/search.ts';
import { parseContainerSearch, parseContainersSearch } from './pages/containers/search.ts';
import { parseAddNodeSearch, parseNodeSearch, parseNodesSearch } from './pages/nodes/search.ts';
import { parseOverviewSearch } from './pages/overview/search.ts';
import { parseNewRunSearch, parseRunSearch } from './pages/runs/search.ts';
import { BootScreen } from './pages/system/BootScreen.tsx';
import { NotFoundPage } from './pages/system/NotFoundPage.tsx';
import { RouteError } from './pages/system/RouteError.tsx';
import { parseTerminalSearch } from './pages/terminal/search.ts';

export interface RouterContext {
  queryClient: QueryClient;
  trpc: TRPCOptionsProxy<AppRouter>;
}

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The nodes that were selected where a fleet command was asked for: too many for an address. */
    nodeIds?: readonly string[];
  }
  interface StaticDataRouteOption {
    /** The last word of the breadcrumb, until the page knows a better one (`useCrumb`). */
    crumb?: string;
    /** The place above this page. */
    parent?: { label: string; to: '/nodes' | '/containers' | '/runs' | '/settings' };
  }
}

/**
 * The router's own answer to a missing chunk is to reload at once, which ends in the browser's error page while the core is
 * away. It knows the failure by how the message begins; `RouteError` waits for the core first.
 */
const lazyPage: typeof lazyRouteComponent = (load, name) =>
  lazyRouteComponent(
    () =>
      load().catch((cause: unknown) => {
        throw new Error(`Page not loaded: ${String(cause)}`, { cause });
      }),
    name,
  );

const rootRoute = createRootRouteWithContext<RouterContext>()({
  errorComponent: RouteError,
  notFoundComponent: NotFoundPage,
});

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  loader: ({ context }) => context.queryClient.fetchQuery(context.trpc.auth.setupState.queryOptions()),
  component: SetupPage,
});

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login',
  validateSearch: parseLoginSearch,
  beforeLoad: ({ context, search }) => enterLogin(context, search),
  component: LoginPage,
});

/** Everything behind the login, within the frame. */
const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'app',
  beforeLoad: ({ context, location }) => enterApp(context, location.href),
  component: lazyPage(() => import('./components/frame/AppFrame.tsx'), 'AppFrame'),
});

const overviewRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/',
  validateSearch: parseOverviewSearch,
  staticData: { crumb: 'Overview' },
  component: lazyPage(() => import('./pages/overview/OverviewPage.tsx'), 'OverviewPage'),
});

const nodesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/nodes',
  validateSearch: parseNodesSearch,
  staticData: { crumb: 'Nodes' },
  component: lazyPage(() => import('./pages/nodes/NodesPage.tsx'), 'NodesPage'),
});

const nodeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/nodes/$nodeId',
  validateSearch: parseNodeSearch,
  staticData: { crumb: 'Node', parent: { label: 'Nodes', to: '/nodes' } },
  component: lazyPage(() => import('./pages/nodes/NodePage.tsx'), 'NodePage'),
});

const addNodeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/nodes/add',
  validateSearch: parseAddNodeSearch,
  staticData: { crumb: 'Add node', parent: { label: 'Nodes', to: '/nodes' } },
  component: lazyPage(() => import('./pages/nodes/add/AddNodePage.tsx'), 'AddNodePage'),
});

const runsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/runs',
  staticData: { crumb: 'Commands' },
  component: lazyPage(() => import('./pages/runs/RunsPage.tsx'), 'RunsPage'),
});

const newRunRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/runs/new',
  validateSearch: parseNewRunSearch,
  staticData: { crumb: 'New command', parent: { label: 'Commands', to: '/runs' } },
  component: lazyPage(() => import('./pages/runs/NewRunPage.tsx'), 'NewRunPage'),
});

const runRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/runs/$runId',
  validateSearch: parseRunSearch,
  staticData: { crumb: 'Command', parent: { label: 'Commands', to: '/runs' } },
  component: lazyPage(() => import('./pages/runs/RunPage.tsx'), 'RunPage'),
});

const containersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/containers',
  validateSearch: parseContainersSearch,
  staticData: { crumb: 'Containers' },
  component: lazyPage(() => import('./pages/containers/ContainersPage.tsx'), 'ContainersPage'),
});

const containerRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/nodes/$nodeId/containers/$containerId',
  validateSearch: parseContainerSearch,
  staticData: { crumb: 'Container', parent: { label: 'Containers', to: '/containers' } },
  component: lazyPage(() => import('./pages/containers/ContainerPage.tsx'), 'ContainerPage'),
});

const terminalRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/terminal',
  validateSearch: parseTerminalSearch,
  staticData: { crumb: 'Terminal' },
  component: lazyPage(() => import('./pages/terminal/TerminalPage.tsx'), 'TerminalPage'),
});

const settingsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/settings',
  component: lazyPage(() => import('./pages/settings/SettingsLayout.tsx'), 'SettingsLayout'),
});

const settingsIndexRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/settings/profile', replace: true });
  },
});

const profileRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/profile',
  staticData: { crumb: 'Profile', parent: { label: 'Settings', to: '/settings' } },
  component: lazyPage(() => import('./pages/settings/ProfilePage.tsx'), 'ProfilePage'),
});

const sessionsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/sessions',
  staticData: { crumb: 'Sessions', parent: { label: 'Settings', to: '/settings' } },
  component: lazyPage(() => import('./pages/settings/SessionsPage.tsx'), 'SessionsPage'),
});

const appearanceRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/appearance',
  staticData: { crumb: 'Appearance', parent: { label: 'Settings', to: '/settings' } },
  component: lazyPage(() => import('./pages/settings/AppearancePage.tsx'), 'AppearancePage'),
});

const routeTree = rootRoute.addChildren([
  setupRoute,
  loginRoute,
  appRoute.addChildren([
    overviewRoute,
    nodesRoute,
    addNodeRoute,
    nodeRoute,
    runsRoute,
    newRunRoute,
    runRoute,
    containersRoute,
    containerRoute,
    terminalRoute,
    settingsRoute.addChildren([settingsIndexRoute, profileRoute, sessionsRoute, appearanceRoute]),
  ]),
]);

export const createAppRouter = (context: RouterContext) =>
  createRouter({
    routeTree,
    context,
    defaultPendingComponent: BootScreen,
    defaultErrorComponent: RouteError,
    defaultNotFoundComponent: NotFoundPage,
    defaultPreload: 'intent',
    // Freshness is the business of the query cache alone.
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    // What a page's own parser did not return is dropped from the address; else the raw value would reach the page after all.
    search: { strict: true },
  });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
