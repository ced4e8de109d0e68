/** Joins the routers of the features. Clients take only the type. */
import { createAgentsRouter } from './features/agents/router.ts';
import type { Agents } from './features/agents/service.ts';
import { createAuditRouter } from './features/audit/router.ts';
import type { Audit } from './features/audit/service.ts';
import { createAuthRouter } from './features/auth/router.ts';
import type { Auth } from './features/auth/service.ts';
import { createContainersRouter } from './features/containers/router.ts';
import type { Containers } from './features/containers/service.ts';
import { createDoctorRouter } from './features/doctor/router.ts';
import type { Doctor } from './features/doctor/service.ts';
import { createGroupsRouter } from './features/groups/router.ts';
import type { Groups } from './features/groups/service.ts';
import type { HealthChecks } from './features/health/router.ts';
import { createHealthRouter } from './features/health/router.ts';
import { createMetricsRouter } from './features/metrics/router.ts';
import type { MetricsService } from './features/metrics/service.ts';
import { createNodesRouter } from './features/nodes/router.ts';
import type { Nodes } from './features/nodes/service.ts';
import { createOnboardingRouter } from './features/onboarding/router.ts';
import type { Onboarding } from './features/onboarding/service.ts';
import { createOverviewRouter } from './features/overview/router.ts';
import type { OverviewReader } from './features/overview/service.ts';
import { createPushRouter } from './features/push/router.ts';
import type { Push } from './features/push/service.ts';
import { createRunsRouter } from './features/runs/router.ts';
import type { Runs } from './features/runs/service.ts';
import { createSshRouter } from './features/ssh/router.ts';
import type { Ssh } from './features/ssh/service.ts';
import type { SessionCookies } from './middleware/cookies.ts';
import type { Procedures } from './middleware/procedures.ts';
import { router } from './middleware/procedures.ts';

export interface RouterServices {
  agents: Agents;
  audit: Audit;
  auth: Auth;
  /** The address of this core in commands that are pasted elsewhere. */
  baseUrl(headers: Headers): string;
  containers: Containers;
  cookies: SessionCookies;
  doctor: Doctor;
  groups: Groups;
  health: HealthChecks;
  metrics: MetricsService;
  nodes: Nodes;
  onboarding: Onboarding;
  overview: OverviewReader;
  push: Push;
  runs: Runs;
  ssh: Ssh;
  version: string;
}

export const createRouter = (procedures: Procedures, services: RouterServices) =>
  router({
    agents: createAgentsRouter(procedures, services.agents),
    audit: createAuditRouter(procedures, services.audit),
    auth: createAuthRouter(procedures, services.auth, services.cookies),
    docker: router({ containers: createContainersRouter(procedures, services.containers) }),
    doctor: createDoctorRouter(procedures, services.doctor),
    groups: createGroupsRouter(procedures, services.groups),
    health: createHealthRouter(procedures, services.health, services.version),
    metrics: createMetricsRouter(procedures, services.metrics),
    nodes: createNodesRouter(procedures, services.nodes),
    onboarding: createOnboardingRouter(procedures, services.onboarding),
    overview: createOverviewRouter(procedures, services.overview),
    push: createPushRouter(procedures, services.push, services.baseUrl),
    runs: createRunsRouter(procedures, services.runs),
    ssh: createSshRouter(procedures, services.ssh),
  });

export type AppRouter = ReturnType<typeof createRouter>;
