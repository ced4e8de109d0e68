/** How a machine becomes a node: the four ways, each with what the person has to do next. */
import { z } from 'zod';
import { NodeId } from './ids.ts';
import { NodeName, NodeSummary } from './nodes.ts';
import type { AgentService } from './policy.ts';
import { SshEndpoint, SshTarget } from './ssh.ts';

/** What the core may ask of an agent: everything, or only to look. */
export const AGENT_MODES = ['operate', 'monitor'] as const;
export type AgentMode = (typeof AGENT_MODES)[number];
export const MODE_SERVICES: Record<AgentMode, readonly AgentService[]> = {
  operate: ['metrics', 'docker:read', 'docker:write', 'exec', 'terminal'],
  monitor: ['metrics', 'docker:read'],
};

const CreateNode = z.discriminatedUnion('via', [
  z.strictObject({ name: NodeName, via: z.literal('agent'), mode: z.enum(AGENT_MODES).default('operate') }),
  z.strictObject({ name: NodeName, via: z.literal('push') }),
  SshTarget.extend({ name: NodeName, via: z.literal('ssh') }),
]);
const { host, port, sshUser, auth, jump } = SshTarget.shape;

/** The fields of all three forms, as the API document shows them; which of them go together is up to `via`. */
export const CreateNodeInput = z
  .strictObject({
    name: NodeName,
    via: z.enum(['agent', 'ssh', 'push']).default('ssh'),
    mode: z.enum(AGENT_MODES).optional(),
    host: host.optional(),
    port: port.unwrap().optional(),
    sshUser: sshUser.optional(),
    auth: auth.optional(),
    jump: jump.unwrap().optional(),
  })
  .transform((input, context): z.infer<typeof CreateNode> => {
    const { data, error } = CreateNode.safeParse(input);
    if (data !== undefined) return data;
    for (const { path, message } of error.issues) context.addIssue({ code: 'custom', path, message });
    return z.NEVER;
  });

/** Commands to paste on the machine. They hold a one-time token: shown once, to the person who asked. */
export const Enrolment = z.object({
  token: z.string(),
  expiresAt: z.iso.datetime(),
  coreKey: z.string(), // SHA256:… fingerprint of the core's key
  hint: z.string().nullable(), // what to know before pasting: an address that others cannot reach, or that is plain http
  commands: z.object({
    install: z.string(), // curl … | sudo sh -s -- …
    docker: z.string(), // docker run …
    compose: z.string(), // a compose file
  }),
});
export type Enrolment = z.infer<typeof Enrolment>;

/** For a push node: the token of this host and the files that go with it. */
export const PushSetup = z.object({
  hostId: z.string(),
  token: z.string(), // sbn_…, shown once
  commands: z.object({ install: z.string(), cron: z.string(), systemd: z.string() }),
});
export type PushSetup = z.infer<typeof PushSetup>;

/** Exactly one of `enrolment`, `push` and `ssh` is there. With `enrolment` the node comes into being when its agent enrols. */
export const CreateNodeReply = z.object({
  node: NodeSummary.nullable(),
  enrolment: Enrolment.nullable(),
  push: PushSetup.nullable(),
  ssh: SshEndpoint.nullable(), // its host key was offered and waits for a yes, or `problem` says why not
});
export type CreateNodeReply = z.infer<typeof CreateNodeReply>;

/** A new token for a node that is there already: its agent lost its state, or the machine was replaced. */
export const ReenrolInput = z.strictObject({ nodeId: NodeId, mode: z.enum(AGENT_MODES).default('operate') });

/** Installs the agent over the node's SSH access. With `forget` that access and its credential are removed afterwards. */
export const InstallAgentInput = z.strictObject({
  nodeId: NodeId,
  mode: z.enum(AGENT_MODES).default('operate'),
  forget: z.boolean().default(true),
});
export const INSTALL_STEPS = ['connect', 'platform', 'download', 'install', 'enrol', 'linked', 'forget'] as const;
export type InstallStep = (typeof INSTALL_STEPS)[number];
export const InstallAgentResult = z.object({
  steps: z.array(
    z.object({
      step: z.enum(INSTALL_STEPS),
      result: z.enum(['ok', 'failed', 'skipped']),
      text: z.string(),
    }),
  ),
});
export type InstallAgentResult = z.infer<typeof InstallAgentResult>;

/** Upgrade and uninstall lines for an agent that is installed already. */
export const AgentCommands = z.object({ upgrade: z.string(), uninstall: z.string(), doctor: z.string() });
