import { NodeTarget } from '@serverbox/contract/nodes';
import {
  AgentCommands,
  CreateNodeInput,
  CreateNodeReply,
  Enrolment,
  InstallAgentInput,
  InstallAgentResult,
  ReenrolInput,
} from '@serverbox/contract/onboarding';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { Onboarding } from './service.ts';

/** Replies may hold a one-time token; the audit trail gets what was chosen, and the name. */
export const createOnboardingRouter = ({ read, act }: Procedures, onboarding: Onboarding) =>
  router({
    create: act({
      permission: 'nodes.manage',
      scope: 'fleet',
      audit: 'node.create',
      auditDetails: ({ via }) => ({ via }),
      auditResult: ({ node }) => (node === null ? {} : { nodeId: node.id }),
      input: CreateNodeInput,
      output: CreateNodeReply,
      rest: { method: 'POST', path: '/api/nodes', summary: 'Add a machine: by agent, SSH or push script' },
    }).mutation(({ ctx, input }) =>
      onboarding.create(input, { principal: ctx.principal, headers: ctx.requestHeaders }),
    ),
    reenrol: act({
      permission: 'nodes.access',
      scope: 'node',
      audit: 'agent.token_issue',
      auditDetails: ({ mode }) => ({ mode }),
      input: ReenrolInput,
      output: Enrolment,
      rest: { method: 'POST', path: '/api/nodes/{nodeId}/enrolment', summary: 'A new token for the agent of a node' },
    }).mutation(({ ctx, input }) =>
      onboarding.reenrol(ctx.node, input.mode, { principal: ctx.principal, headers: ctx.requestHeaders }),
    ),
    installAgent: act({
      permission: 'nodes.access',
      scope: 'node',
      audit: 'agent.install',
      auditDetails: ({ mode, forget }) => ({ mode, forget }),
      auditResult: ({ steps }) => ({ steps: steps.map(({ step, result }) => `${step}: ${result}`) }),
      input: InstallAgentInput,
      output: InstallAgentResult,
      rest: { method: 'POST', path: '/api/nodes/{nodeId}/install-agent', summary: 'Install the agent over SSH' },
    }).mutation(({ ctx, input }) =>
      onboarding.installAgent(ctx.node, input, { principal: ctx.principal, headers: ctx.requestHeaders }),
    ),
    commands: read({
      permission: 'nodes.access',
      scope: 'node',
      input: NodeTarget,
      output: AgentCommands,
      rest: { method: 'GET', path: '/api/nodes/{nodeId}/agent-commands', summary: 'Upgrade and uninstall commands' },
    }).query(({ ctx }) => onboarding.commands({ principal: ctx.principal, headers: ctx.requestHeaders })),
  });
