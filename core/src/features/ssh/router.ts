import { NodeTarget } from '@serverbox/contract/nodes';
import { Done } from '@serverbox/contract/nothing';
import * as contract from '@serverbox/contract/ssh';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { Ssh } from './service.ts';
import { parseSshConfig } from './ssh-config.ts';

const PATH = '/api/nodes/{nodeId}/ssh';
const access = { permission: 'nodes.access', scope: 'node' } as const;

export const createSshRouter = ({ read, act }: Procedures, ssh: Ssh) =>
  router({
    get: read({
      ...access,
      input: NodeTarget,
      output: contract.SshEndpoint,
      rest: { method: 'GET', path: PATH, summary: 'How a node is reached by SSH; secrets are never returned' },
    }).query(({ input }) => ssh.get(input.nodeId)),
    put: act({
      ...access,
      audit: 'node.ssh.put',
      auditDetails: ({ host, port, sshUser, jump, auth }) => ({
        host,
        port,
        sshUser,
        jump,
        auth: auth?.kind ?? 'kept',
      }),
      input: contract.PutSshInput,
      output: contract.SshEndpoint,
      rest: { method: 'PUT', path: PATH, summary: 'Set how a node is reached by SSH, and try it' },
    }).mutation(async ({ ctx, input: { nodeId, ...wanted } }) => {
      await ssh.checkHops(ctx.principal, wanted.jump);
      await ssh.put(nodeId, wanted, ctx.principal.email);
      return ssh.probe(nodeId);
    }),
    setOptions: act({
      ...access,
      audit: 'node.ssh.options',
      auditDetails: ({ nodeId: _, ...options }) => options,
      input: contract.SshOptionsInput,
      output: contract.SshEndpoint,
      rest: { method: 'PATCH', path: PATH, summary: 'Change presence, sampling or the override for weak algorithms' },
    }).mutation(({ input: { nodeId, ...options } }) => ssh.setOptions(nodeId, options)),
    remove: act({
      ...access,
      audit: 'node.ssh.remove',
      input: NodeTarget,
      output: Done,
      rest: { method: 'DELETE', path: PATH, summary: 'Take SSH access and its credential away' },
    }).mutation(async ({ ctx, input }) => {
      await ssh.remove(input.nodeId, ctx.principal.email);
      return {};
    }),
    decideHostKey: act({
      ...access,
      audit: 'node.ssh.host_key',
      auditDetails: ({ fingerprint, decision }) => ({ fingerprint, decision }),
      input: contract.HostKeyDecisionInput,
      output: contract.SshEndpoint,
      rest: {
        method: 'POST',
        path: '/api/nodes/{nodeId}/host-key',
        summary: 'Accept or reject the host key that was shown',
      },
    }).mutation(({ ctx, input: { nodeId, ...decision } }) => ssh.decideHostKey(nodeId, decision, ctx.principal.email)),
    parseConfig: read({
      permission: 'nodes.access',
      scope: 'fleet',
      input: contract.ParseSshConfigInput,
      output: contract.ParsedSshConfig,
      rest: {
        method: 'POST',
        path: '/api/ssh-config/parse',
        summary: 'Read the hosts out of an OpenSSH configuration',
      },
    }).query(({ input }) => parseSshConfig(input.text)),
  });
