/** The way over the node's own sshd: from a name to a shell, and what the account finds there. */
import type { NodeId } from '@serverbox/contract/ids';
import type { SshEndpoint } from '@serverbox/contract/ssh';
import type { Clock } from '../../lib/clock.ts';
import { AppError } from '../../lib/errors.ts';
import type { NodeLink } from '../../lib/link/link.ts';
import type { Ssh } from '../ssh/service.ts';
import { checkName, checkPort } from './addresses.ts';
import { machineSteps } from './machine.ts';
import type { Finding, Step } from './walk.ts';
import { failed, ok, skipped } from './walk.ts';

export interface SshWayDeps {
  ssh: Pick<Ssh, 'get' | 'probe'>;
  findLink(nodeId: NodeId): NodeLink | undefined;
  clock: Clock;
}

/** How a failed hop through another node begins. */
const THROUGH = 'The way leads through ';
const REACHABLE = 'Check that sshd runs there (sudo systemctl status ssh), and that no firewall closes the port.';

const REJECTED =
  'Somebody rejected this key. If it is right after all, save the SSH access once more and accept it then.';

interface Dialled {
  endpoint: SshEndpoint;
  link: NodeLink | undefined;
}

const problemOf = ({ endpoint }: Dialled): { code: string; message: string } =>
  endpoint.problem ?? { code: 'node_unreachable', message: 'The connection was not established.' };

const judgeJump = (dialled: Dialled): Finding => {
  const names = dialled.endpoint.jump.map(({ name }) => name).join(', ');
  if (names === '') return skipped('There is no jump host.');
  const { message } = problemOf(dialled);
  if (dialled.link !== undefined || !message.startsWith(THROUGH)) return ok(`The way through ${names} is open.`);
  return failed(message, 'Check the node that is named: its own page shows what is wrong with it.');
};

const judgeHostKey = (dialled: Dialled): Finding => {
  const { hostKey } = dialled.endpoint;
  const pinned = `${hostKey.pinned?.type} ${hostKey.pinned?.fingerprint}`;
  if (dialled.link !== undefined) return ok(`The host has proved the accepted key ${pinned}.`);
  const offered = `${hostKey.offered?.type} ${hostKey.offered?.fingerprint}`;
  if (hostKey.state === 'offered') {
    const compare = 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub';
    return failed(
      `First contact: the host shows the key ${offered}.`,
      `Compare it on the machine (${compare}), then accept it here.`,
    );
  }
  if (hostKey.state === 'changed') {
    return failed(
      `The host key has changed: ${offered} instead of ${pinned}.`,
      'If the machine was set up anew, accept the new key. Otherwise somebody may stand in between: accept nothing.',
    );
  }
  const { code, message } = problemOf(dialled);
  if (code === 'ssh_auth_failed') return ok(`The host has proved the accepted key ${pinned}.`);
  return failed(message, code.startsWith('host_key') ? REJECTED : REACHABLE);
};

const judgeAuth = (dialled: Dialled): Finding => {
  const { auth, sshUser } = dialled.endpoint;
  const by = auth.kind === 'password' ? 'with the password' : `with the key ${auth.fingerprint}`;
  if (dialled.link !== undefined) return ok(`Signed in as ${sshUser} ${by}.`);
  const add = auth.authorizeCommand === null ? '' : ` Run there, as ${sshUser}: ${auth.authorizeCommand}`;
  const advice =
    auth.kind === 'password'
      ? 'Correct the password, or use a key: many servers take no password (PasswordAuthentication no).'
      : `Put the public key into ~${sshUser}/.ssh/authorized_keys, which nobody else may write.${add}`;
  return failed(problemOf(dialled).message, advice);
};

/** Dials once; what came of it is told by the hop that it belongs to. */
export const sshSteps = async (deps: SshWayDeps, nodeId: NodeId): Promise<Step[]> => {
  const { ssh, findLink, clock } = deps;
  const own = await ssh.get(nodeId);
  const [jump] = own.jump;
  const first = jump === undefined ? own : await ssh.get(jump.nodeId);
  let dialling: Promise<Dialled> | undefined;
  const dial = (): Promise<Dialled> => {
    dialling ??= ssh.probe(nodeId).then((endpoint) => ({ endpoint, link: findLink(nodeId) }));
    return dialling;
  };
  const getLink = (): NodeLink => {
    const link = findLink(nodeId);
    if (link === undefined) throw new AppError('node_unreachable', 'The connection was lost.');
    return link;
  };
  const at = `${first.host}:${first.port}`;
  return [
    { hop: 'dns', advice: 'Correct the address in the SSH access of the node.', check: () => checkName(first.host) },
    {
      hop: 'tcp',
      advice: `Let sshd listen at ${at}, and let firewalls and security groups pass Server Box.`,
      needs: ['dns'],
      check: () => checkPort(first.host, first.port),
    },
    { hop: 'jump', advice: REACHABLE, needs: ['tcp'], check: async () => judgeJump(await dial()) },
    { hop: 'host_key', advice: REACHABLE, needs: ['jump'], check: async () => judgeHostKey(await dial()) },
    { hop: 'auth', advice: REACHABLE, needs: ['host_key'], check: async () => judgeAuth(await dial()) },
    ...machineSteps(getLink, clock),
  ];
};
