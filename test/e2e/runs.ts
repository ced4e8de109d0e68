/** What tests ask of the core directly, because it is not their subject: nodes by SSH, and fleet commands. */
import { readFile } from 'node:fs/promises';
import type { SshServer } from '../../lab/sshd.ts';
import { openVisit, signIn } from './browser.ts';
import type { Stage } from './stage.ts';

/** One REST call as the administrator. @throws Error with the core's answer when it refuses */
const call = async ({ browser, box }: Stage, path: string, data: object): Promise<unknown> => {
  const visit = await openVisit(browser, box);
  try {
    await signIn(visit);
    const answer = await visit.context.request.post(path, { data, headers: { origin: box.url } });
    if (!answer.ok()) throw new Error(`${path} was refused: ${await answer.text()}`);
    return await answer.json();
  } finally {
    await visit.context.close();
  }
};

/** @returns the id of the run, which may still be under way */
export const startRun = async (stage: Stage, nodeIds: readonly string[], argv: readonly string[]): Promise<string> => {
  const { id } = (await call(stage, '/api/runs', { nodeIds, command: { kind: 'argv', argv } })) as { id: string };
  return id;
};

/** A node that is reached by SSH, its host key accepted already. @returns its id */
export const addSshNode = async (stage: Stage, name: string, sshd: SshServer): Promise<string> => {
  const { node } = (await call(stage, '/api/nodes', {
    ...{ name, via: 'ssh', host: '127.0.0.1', port: sshd.port, sshUser: sshd.username },
    auth: { kind: 'key', privateKey: sshd.privateKey },
  })) as { node: { id: string } };
  const decision = { fingerprint: sshd.hostKeyFingerprint, decision: 'accept' };
  await call(stage, `/api/nodes/${node.id}/host-key`, decision);
  return node.id;
};

/** Ends sshd together with the connections that it has: those are processes of their own, which outlive it otherwise. */
export const endSshd = async (sshd: SshServer): Promise<void> => {
  const children = await readFile(`/proc/${sshd.pid}/task/${sshd.pid}/children`, 'utf8').catch(() => '');
  for (const pid of children.split(' ').filter((word) => word !== '')) process.kill(Number(pid), 'SIGKILL');
  await sshd.stop();
};
