/**
 * Puts the agent on a machine that is reached by SSH: looks what it is, brings program and installer over the link, runs the
 * installer there and waits until the agent has connected. What fails takes everything away again that it had brought.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { AgentMode, InstallAgentResult, InstallStep } from '@serverbox/contract/onboarding';
import type { Bus } from '../../lib/bus/bus.ts';
import { AppError } from '../../lib/errors.ts';
import type { LinkVia, NodeLink } from '../../lib/link/link.ts';
import type { Secret } from '../../lib/log.ts';
import type { Binaries } from './binaries.ts';
import type { InstallScript } from './install-script.ts';
import type { Machine } from './machine.ts';
import { describeMachine, isEnrolled, removeUpload, runInstaller, StepFailed, upload } from './machine.ts';

export type DoneStep = InstallAgentResult['steps'][number];

const LINK_TIMEOUT_MS = 45_000;
/** The bus tells; this is for a message that was lost. */
const LOOK_AGAIN_MS = 1000;

export interface InstallDeps {
  links: { reach(nodeId: NodeId): Promise<NodeLink>; findVia(nodeId: NodeId, via: LinkVia): NodeLink | undefined };
  bus: Bus;
  binaries: Binaries;
  script: InstallScript;
  /** How long the agent may take to connect. */
  linkTimeoutMs?: number;
}

export interface InstallOrder {
  nodeId: NodeId;
  mode: AgentMode;
  baseUrl: string;
  coreKey: string;
  /** Called when the token is needed, which then is used within seconds. */
  issueToken(): Promise<Secret>;
  /** Called when the machine had been enrolled and then had to be given up. */
  onGivenUp(): Promise<void>;
}

const connect = async ({ links }: InstallDeps, nodeId: NodeId): Promise<NodeLink> => {
  if (links.findVia(nodeId, 'agent') !== undefined)
    throw new StepFailed('The agent of this node is connected already.');
  return links.reach(nodeId);
};

const install = async (order: InstallOrder, machine: Machine, dir: string): Promise<string> => {
  const { baseUrl, coreKey, mode } = order;
  const token = await order.issueToken();
  const args = ['--url', baseUrl, '--core-key', coreKey, '--mode', mode, '--binary', `${dir}/agent`, '--token', '-'];
  return (await runInstaller(machine, dir, { args, token })).split('\n').slice(1).join(' ');
};

const untilLinked = ({ links, bus, linkTimeoutMs = LINK_TIMEOUT_MS }: InstallDeps, nodeId: NodeId): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      unsubscribe();
      clearInterval(timer);
      clearTimeout(deadline);
      end();
    };
    const look = () => {
      if (links.findVia(nodeId, 'agent') !== undefined) settle(resolve);
    };
    const refusal = new StepFailed(
      'The agent did not connect: the machine cannot reach the address of Server Box, or nothing starts services there.',
    );
    const deadline = setTimeout(() => settle(() => reject(refusal)), linkTimeoutMs);
    const timer = setInterval(look, LOOK_AGAIN_MS);
    const unsubscribe = bus.subscribe('node.linked', look);
    look();
  });

/** Tells of each step as it begins and writes down how it ended; the first one that fails ends the whole. */
const createLedger = (onBegin: (step: InstallStep) => void) => {
  const steps: DoneStep[] = [];
  const take = async <T>(step: InstallStep, run: () => Promise<T>, tell: (value: T) => string): Promise<T> => {
    onBegin(step);
    try {
      const value = await run();
      steps.push({ step, result: 'ok', text: tell(value) });
      return value;
    } catch (error) {
      if (!(error instanceof StepFailed || error instanceof AppError)) throw error;
      steps.push({ step, result: 'failed', text: error.message });
      throw new StepFailed(error.message);
    }
  };
  return { steps, take };
};

/** The installer cleans up after itself; what it has finished, it takes away when it is told to. */
const giveUp = async (order: InstallOrder, machine: Machine, dir: string): Promise<void> => {
  // With a lost link nothing can be done there; here the identity goes all the same.
  await runInstaller(machine, dir, { args: ['--uninstall'] }).catch(() => undefined);
  await order.onGivenUp();
};

/** Runs all steps and tells of each; never throws for what can go wrong on the machine. */
export const installOverSsh = async (deps: InstallDeps, order: InstallOrder): Promise<DoneStep[]> => {
  const { nodeId } = order;
  const { steps, take } = createLedger((step) => deps.bus.publish('install.step', { nodeId, step }));
  const perform = async (): Promise<void> => {
    const link = await take(
      'connect',
      () => connect(deps, nodeId),
      () => 'Connected',
    );
    const machine = await take(
      'platform',
      () => describeMachine(link),
      ({ architecture, hasSudo }) => `Linux on ${architecture}, ${hasSudo ? 'by sudo' : 'as root'}`,
    );
    const wasEnrolled = await isEnrolled(machine);
    const dir = await take(
      'download',
      () => upload(deps, machine),
      () => 'Program and installer are on the machine',
    );
    try {
      await take(
        'install',
        () => install(order, machine, dir),
        (text) => text,
      );
      steps.push({ step: 'enrol', result: 'ok', text: 'The machine is enrolled' });
      await take(
        'linked',
        () => untilLinked(deps, nodeId),
        () => 'The agent has connected',
      ).catch(async (error: unknown) => {
        if (!wasEnrolled) await giveUp(order, machine, dir);
        throw error;
      });
    } finally {
      await removeUpload(link, dir);
    }
  };
  await perform().catch((error: unknown) => {
    if (!(error instanceof StepFailed)) throw error;
  });
  return steps;
};
