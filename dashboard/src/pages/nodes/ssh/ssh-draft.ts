/** What is written in a form for SSH access, and what the core is given of it. Pure. */
import type { NodeId } from '@serverbox/contract/ids';
import type { SshAuth, SshEndpoint, SshTarget } from '@serverbox/contract/ssh';
import { SshHost, SshUser } from '@serverbox/contract/ssh';

export interface AuthDraft {
  /** `stored`: the credential that the core has stays. */
  kind: SshAuth['kind'] | 'stored';
  privateKey: string;
  passphrase: string;
  password: string;
}
export interface SshDraft {
  host: string;
  port: string;
  sshUser: string;
  auth: AuthDraft;
  jump: readonly NodeId[];
}

export const EMPTY_AUTH: AuthDraft = { kind: 'key', privateKey: '', passphrase: '', password: '' };
export const EMPTY_SSH: SshDraft = { host: '', port: '22', sshUser: 'root', auth: EMPTY_AUTH, jump: [] };

export const draftOfEndpoint = ({ host, port, sshUser, jump }: SshEndpoint): SshDraft => ({
  host,
  port: String(port),
  sshUser,
  auth: { ...EMPTY_AUTH, kind: 'stored' },
  jump: jump.map(({ nodeId }) => nodeId),
});

type AuthProblems = Partial<Record<'privateKey' | 'password', string>>;
export type SshProblems = Partial<Record<'host' | 'port' | 'sshUser', string>> & AuthProblems;

export const authProblems = ({ kind, privateKey, password }: AuthDraft): AuthProblems => {
  if (kind === 'key' && privateKey.trim() === '') return { privateKey: 'Paste a private key, or choose its file.' };
  if (kind === 'key' && /^ssh-|^ecdsa-/.test(privateKey.trim()))
    return { privateKey: 'This is the public half. The private key begins with -----BEGIN.' };
  if (kind === 'password' && password === '') return { password: 'Write the password.' };
  return {};
};

/** Field by field what is wrong; empty when it can be sent. */
export const sshProblems = ({ host, port, sshUser, auth }: SshDraft): SshProblems => {
  const number = Number(port);
  return {
    ...(SshHost.safeParse(host).success ? {} : { host: 'Write a host name or an address, without a user or a port.' }),
    ...(Number.isInteger(number) && number >= 1 && number <= 65_535
      ? {}
      : { port: 'A port is a number from 1 to 65535.' }),
    ...(SshUser.safeParse(sshUser).success ? {} : { sshUser: 'Write the name of a user on the machine.' }),
    ...authProblems(auth),
  };
};

/** Undefined: the stored credential stays. A key without its last line end is not read by every tool. */
export const authOf = ({ kind, privateKey, passphrase, password }: AuthDraft): SshAuth | undefined => {
  switch (kind) {
    case 'stored':
      return undefined;
    case 'generated':
      return { kind };
    case 'password':
      return { kind, password };
    case 'key':
      return { kind, privateKey: `${privateKey.trim()}\n`, ...(passphrase === '' ? {} : { passphrase }) };
  }
};

export const placeOf = ({ host, port, sshUser, jump }: SshDraft): Omit<SshTarget, 'auth'> => ({
  host: host.trim(),
  port: Number(port),
  sshUser,
  jump: [...jump],
});
