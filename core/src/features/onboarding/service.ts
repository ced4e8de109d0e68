/** Onboarding: how a machine becomes a node, in four ways; and how its agent is installed, enrolled again and upgraded. */
import type { NodeId } from '@serverbox/contract/ids';
import type {
  AgentCommands,
  AgentMode,
  CreateNodeInput,
  CreateNodeReply,
  Enrolment,
  InstallAgentInput,
  InstallAgentResult,
} from '@serverbox/contract/onboarding';
import type { SshEndpoint, SshTarget } from '@serverbox/contract/ssh';
import type { Hono } from 'hono';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { LinkRegistry } from '../../lib/link/links.ts';
import type { Principal } from '../../middleware/ports.ts';
import type { HttpEnv } from '../../middleware/rest.ts';
import type { BaseUrl, BaseUrlOptions } from './base-url.ts';
import { addressHint, createBaseUrl } from './base-url.ts';
import type { Binaries } from './binaries.ts';
import { createBinaries } from './binaries.ts';
import { mountDownloads } from './downloads.ts';
import { agentCommands, enrolmentCommands } from './enrolment-commands.ts';
import { installOverSsh } from './install-over-ssh.ts';
import type { InstallScript } from './install-script.ts';
import { createInstallScript } from './install-script.ts';
import type { AgentTokens, NodeRecords, PushHosts, SshAccess } from './ports.ts';

export interface OnboardingDeps {
  nodes: NodeRecords;
  agents: AgentTokens;
  ssh: SshAccess;
  push: PushHosts;
  links: LinkRegistry;
  bus: Bus;
  binaries: Binaries;
  script: InstallScript;
  baseUrl: BaseUrl;
}

export interface OnboardingOptions extends Omit<OnboardingDeps, 'binaries' | 'script' | 'baseUrl'>, BaseUrlOptions {
  /** The template of the installer. */
  installer: string;
  /** Where the start puts the agents that it builds. */
  agentsDir: string;
  version: string;
}

/** Who asks, and what the request says about the address under which this core is known. */
export interface Asker {
  principal: Principal;
  headers: Headers;
}

type Reply = z.infer<typeof CreateNodeReply>;

export interface Onboarding {
  /** @throws AppError `conflict` when another node has this name, and what SSH access to a machine can fail of */
  create(input: z.infer<typeof CreateNodeInput>, asker: Asker): Promise<Reply>;
  /** A token that makes a machine the agent of this node; the older agent loses its credential when it is used. */
  reenrol(node: { id: NodeId; name: string }, mode: AgentMode, asker: Asker): Promise<Enrolment>;
  /** Tells of each step; a failed one is a result. */
  installAgent(
    node: { id: NodeId; name: string },
    options: Omit<z.infer<typeof InstallAgentInput>, 'nodeId'>,
    asker: Asker,
  ): Promise<z.infer<typeof InstallAgentResult>>;
  commands(asker: Asker): z.infer<typeof AgentCommands>;
  /** The address of this core in commands for other machines, as a request shows it. */
  readonly baseUrl: BaseUrl;
  /** Serves installer, programs and image. */
  mountDownloads(app: Hono<HttpEnv>): void;
}

const createOnboarding = (deps: OnboardingDeps): Omit<Onboarding, 'mountDownloads'> => {
  const { nodes, agents, ssh } = deps;
  const nothing = { node: null, enrolment: null, push: null, ssh: null };

  const enrol = async (
    machine: { nodeName: string; forNodeId?: NodeId },
    mode: AgentMode,
    { headers }: Asker,
  ): Promise<Enrolment> => {
    const baseUrl = deps.baseUrl(headers);
    const { token, expiresAt } = await agents.issueToken({ ...machine, isLocal: false });
    const coreKey = agents.coreKeyFingerprint;
    return {
      token: token.reveal(),
      expiresAt: expiresAt.toISOString(),
      coreKey,
      hint: addressHint(baseUrl),
      commands: enrolmentCommands({ baseUrl, token: token.reveal(), coreKey, mode }),
    };
  };

  const createBySsh = async (name: string, target: SshTarget, { principal }: Asker): Promise<Reply> => {
    await ssh.checkHops(principal, target.jump);
    const nodeId = await nodes.create(name);
    let endpoint: SshEndpoint;
    try {
      await ssh.put(nodeId, target, principal.email);
      endpoint = await ssh.probe(nodeId);
    } catch (error) {
      await nodes.remove(principal, nodeId); // a key that cannot be read, a jump host that is none: nothing was added
      throw error;
    }
    return { ...nothing, node: await nodes.get(principal, nodeId), ssh: endpoint };
  };

  const createByPush = async (name: string, { principal, headers }: Asker): Promise<Reply> => {
    const { nodeId, setup } = await deps.push.createHost(name, deps.baseUrl(headers));
    return { ...nothing, node: await nodes.get(principal, nodeId), push: setup };
  };

  const forgetSsh = async (nodeId: NodeId, isWanted: boolean, actor: string) => {
    if (!isWanted) return { step: 'forget', result: 'skipped', text: 'SSH access stays as the second way' } as const;
    await ssh.remove(nodeId, actor);
    return { step: 'forget', result: 'ok', text: 'SSH access and its credential were removed' } as const;
  };

  return {
    baseUrl: deps.baseUrl,
    create: async (input, asker) => {
      switch (input.via) {
        case 'agent':
          return { ...nothing, enrolment: await enrol({ nodeName: input.name }, input.mode, asker) };
        case 'push':
          return createByPush(input.name, asker);
        case 'ssh': {
          const { name, via: _, ...target } = input;
          return createBySsh(name, target, asker);
        }
      }
    },

    reenrol: ({ id, name }, mode, asker) => enrol({ nodeName: name, forNodeId: id }, mode, asker),

    installAgent: async ({ id, name }, { mode, forget }, { principal, headers }) => {
      const steps = await installOverSsh(deps, {
        nodeId: id,
        mode,
        baseUrl: deps.baseUrl(headers),
        coreKey: agents.coreKeyFingerprint,
        issueToken: async () => (await agents.issueToken({ nodeName: name, isLocal: false, forNodeId: id })).token,
        onGivenUp: () => agents.forget(id),
      });
      if (!steps.some(({ step, result }) => step === 'linked' && result === 'ok')) return { steps };
      await nodes.recordActivity(id, {
        kind: 'node.agent_installed',
        subject: null,
        actor: principal.email,
        text: 'The agent was installed over SSH',
      });
      return { steps: [...steps, await forgetSsh(id, forget, principal.email)] };
    },

    commands: ({ headers }) => agentCommands(deps.baseUrl(headers)),
  };
};

export const openOnboarding = (options: OnboardingOptions): Onboarding => {
  const { version, installer } = options;
  const binaries = createBinaries(options.agentsDir);
  const script = createInstallScript({ path: installer, version, binaries });
  return {
    ...createOnboarding({ ...options, binaries, script, baseUrl: createBaseUrl(options) }),
    mountDownloads: (app) => mountDownloads(app, { binaries, script, version }),
  };
};
