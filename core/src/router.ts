/** Joins the routers of the features. Clients take only the type. */
import { createAgentsRouter } from './features/agents/router.ts';
import type { Agents } from './features/agents/service.ts';
import { createAuditRouter } from './features/audit/router.ts';
import type { Audit } from './features/audit/service.ts';
import { createAuthRouter } from './features/auth/router.ts';
import type { Auth } from './features/auth/service.ts';
import { createContainersRouter } from './features/containers/router.ts';
import type { Containers } from './features/containers/service.ts';
import type { HealthChecks } from './features/health/router.ts';
import { createHealthRouter } from './features/health/router.ts';
import { createMetricsRouter } from './features/metrics/router.ts';
import type { MetricsService } from './features/metrics/service.ts';
import { createNodesRouter } from './features/nodes/router.ts';
import type { Nodes } from './features/nodes/service.ts';
import { createOverviewRouter } from './features/overview/router.ts';
import type { OverviewReader } from './features/overview/service.ts';
import type { SessionCookies } from './middleware/cookies.ts';
import type { Procedures } from './middleware/procedures.ts';
import { router } from './middleware/procedures.ts';

export interface RouterServices {
  agents: Agents;
  audit: Audit;
  auth: Auth;
  containers: Containers;
  cookies: SessionCookies;
  health: HealthChecks;
  metrics: MetricsService;
  nodes: Nodes;
  overview: OverviewReader;
  version: string;
}

export const createRouter = (procedures: Procedures, services: RouterServices) =>
  router({
    agents: createAgentsRouter(procedures, services.agents),
    audit: createAuditRouter(procedures, services.audit),
    auth: createAuthRouter(procedures, services.auth, services.cookies),
    docker: router({ containers: createContainersRouter(procedures, services.containers) }),
    health: createHealthRouter(procedures, services.health, services.version),
    metrics: createMetricsRouter(procedures, services.metrics),
    nodes: createNodesRouter(procedures, services.nodes),
    overview: createOverviewRouter(procedures, services.overview),
  });

export type AppRouter = ReturnType<typeof createRouter>;
