import { NodeTarget } from '@serverbox/contract/nodes';
import { Done, Nothing } from '@serverbox/contract/nothing';
import { PushSetup } from '@serverbox/contract/onboarding';
import {
  PushContainerTarget,
  PushedContainers,
  PushHosts,
  PushHostTarget,
  ReportedContainer,
} from '@serverbox/contract/push';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { Push } from './service.ts';

const HOSTS = '/api/agents/docker/hosts';
const looking = { permission: 'containers.read', scope: 'fleet' } as const;
const TOKEN = '/api/nodes/{nodeId}/push-token';

/** `baseUrl`: the address of this core for commands that are pasted elsewhere, as the request shows it. */
export const createPushRouter = ({ read, act }: Procedures, push: Push, baseUrl: (headers: Headers) => string) =>
  router({
    hosts: read({
      ...looking,
      input: Nothing,
      output: PushHosts,
      rest: { method: 'GET', path: HOSTS, summary: 'Machines that report by the push script' },
    }).query(() => push.listHosts()),
    containers: read({
      ...looking,
      input: PushHostTarget,
      output: PushedContainers,
      rest: { method: 'GET', path: `${HOSTS}/{hostId}/containers`, summary: 'Containers as a machine reported them' },
    }).query(({ input }) => push.listContainers(input.hostId)),
    container: read({
      ...looking,
      input: PushContainerTarget,
      output: ReportedContainer,
      rest: { method: 'GET', path: `${HOSTS}/{hostId}/containers/{containerId}`, summary: 'One reported container' },
    }).query(({ input }) => push.getContainer(input)),
    issueToken: act({
      permission: 'nodes.access',
      scope: 'node',
      audit: 'push.token_issue',
      input: NodeTarget,
      output: PushSetup,
      rest: { method: 'POST', path: TOKEN, summary: 'A new token for the push script of a node' },
    }).mutation(({ ctx }) => push.issueToken(ctx.node, baseUrl(ctx.requestHeaders))),
    revokeTokens: act({
      permission: 'nodes.access',
      scope: 'node',
      audit: 'push.token_revoke',
      input: NodeTarget,
      output: Done,
      rest: { method: 'DELETE', path: TOKEN, summary: 'End the tokens of the push script of a node' },
    }).mutation(async ({ ctx }) => {
      await push.revokeTokens(ctx.node.id);
      return {};
    }),
  });
