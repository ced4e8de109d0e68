/** This machine as a node: its agent gets an identity by the same enrolment as any other, with its token handed over by the core. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeName } from '@serverbox/contract/nodes';
import { AGENT_SERVICES } from '@serverbox/contract/policy';
import { z } from 'zod';
import { equalBytes, parseToken } from '../../lib/crypto/tokens.ts';
import type { Db } from '../../lib/db/orm.ts';
import type { AgentProgram } from '../../lib/link/local-agent.ts';
import { runAgentCommand } from '../../lib/link/local-agent.ts';
import type { ClientKey } from '../../lib/link/ssh-keys.ts';
import type { Log } from '../../lib/log.ts';
import type { Enrollment } from './enrollment.ts';
import { findCredential } from './queries.ts';

/** The core's owner is the owner of this machine: everything is permitted. `agent.json` can restrict it afterwards. */
const SERVICES = AGENT_SERVICES.filter((service) => service !== 'docker:read').join(',');
const FALLBACK_NAME = 'this-machine';

const Identity = z.object({ nodeId: z.string(), credential: z.string(), corePublicKey: z.string() });
const AgentConfig = z.looseObject({ coreUrl: z.string(), coreKey: z.string() });

export interface LocalNodeDeps {
  db: Db;
  program: AgentProgram;
  enrollment: Enrollment;
  coreKey: ClientKey;
  hostname: string;
  log: Log;
}

/** Undefined for a file that is missing or not what it should be: both are mended by enrolling again. */
const readJson = async <T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T> | undefined> => {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
};

const writePrivate = async (path: string, value: unknown): Promise<void> => {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  await rename(temporary, path);
};

/** Whether the agent's identity is one of this installation: after a restored backup or a lost database it is not. */
const isEnrolled = async ({ db, coreKey, program }: LocalNodeDeps): Promise<boolean> => {
  const identity = await readJson(join(program.stateDir, 'identity.json'), Identity);
  if (identity === undefined || identity.corePublicKey !== coreKey.publicKey.line) return false;
  const token = parseToken('sbn_', identity.credential);
  const credential = token && (await findCredential(db, token.id));
  if (token === undefined || credential === undefined || credential.revokedAt !== null) return false;
  return equalBytes(credential.secretHash, token.secretHash) && credential.node.id === identity.nodeId;
};

/** Port and address of the core may differ from the last start; what the owner wrote beside them stays. */
const correctAddress = async ({ program, coreKey }: LocalNodeDeps, coreUrl: string): Promise<boolean> => {
  const path = join(program.stateDir, 'agent.json');
  const config = await readJson(path, AgentConfig);
  if (config === undefined || config.coreKey !== coreKey.publicKey.fingerprint) return false;
  if (config.coreUrl !== coreUrl) await writePrivate(path, { ...config, coreUrl });
  return true;
};

const enrol = async (deps: LocalNodeDeps, coreUrl: string, signal: AbortSignal): Promise<void> => {
  const { program, enrollment, coreKey, hostname, log } = deps;
  // The host key stays: with it the machine comes back as the same node. An old identity would keep the agent from enrolling.
  await rm(join(program.stateDir, 'identity.json'), { force: true });
  const nodeName = NodeName.safeParse(hostname).data ?? FALLBACK_NAME;
  const { token } = await enrollment.issueToken({ nodeName, isLocal: true });
  const args = ['--core-url', coreUrl, '--core-key', coreKey.publicKey.fingerprint, '--token-file', '-'];
  await runAgentCommand(program, ['enroll', ...args, '--services', SERVICES], { input: token, signal });
  log.info('local agent was enrolled');
};

/** Makes sure that the local agent can connect to the core at `coreUrl`. Run before each of its starts. */
export const prepareLocalNode = async (deps: LocalNodeDeps, coreUrl: string, signal: AbortSignal): Promise<void> => {
  await mkdir(deps.program.stateDir, { recursive: true, mode: 0o700 });
  if ((await isEnrolled(deps)) && (await correctAddress(deps, coreUrl))) return;
  await enrol(deps, coreUrl, signal);
};
