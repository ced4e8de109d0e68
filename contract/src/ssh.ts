/** SSH access to a node: where, as whom, with what, through which other nodes, and which host key is the right one. */
import { z } from 'zod';
import { NodeId } from './ids.ts';

export const MAX_JUMPS = 5;
const MAX_KEY_CHARS = 32_768;

/** A host name, an IPv4 or an IPv6 address, that one with its zone. A leading `-` would be an option of somebody's command. */
export const SshHost = z
  .string()
  .trim()
  .min(1)
  .max(253)
  .regex(/^(?!-)(?:[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?)$/, 'is not a host name or an address');
/** What Linux accepts as a user name, and what directories add to it (`user@domain`, `DOMAIN\user`). */
export const SshUser = z
  .string()
  .min(1)
  .max(128)
  .regex(/^(?!-)[A-Za-z0-9_][A-Za-z0-9_.@\\$-]*$/, 'is not a user name');

/** `generated`: Server Box makes a key pair; its public half is to be put into `authorized_keys`. Secrets are never returned. */
export const SshAuth = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('key'),
    privateKey: z.string().min(1).max(MAX_KEY_CHARS), // OpenSSH or PEM
    passphrase: z.string().max(1024).optional(),
  }),
  z.strictObject({ kind: z.literal('password'), password: z.string().min(1).max(1024) }),
  z.strictObject({ kind: z.literal('generated') }),
]);
export type SshAuth = z.infer<typeof SshAuth>;

/** Hops from the core outwards; each is a node that is reached by SSH itself. */
const Jump = z.array(NodeId).max(MAX_JUMPS);
const Port = z.int().min(1).max(65_535);

export const SshTarget = z.strictObject({
  host: SshHost,
  port: Port.default(22),
  sshUser: SshUser,
  auth: SshAuth,
  jump: Jump.default([]),
});
export type SshTarget = z.infer<typeof SshTarget>;

/** A host key as shown to people: what `ssh-keygen -lf` prints. */
export const HostKey = z.object({ type: z.string(), fingerprint: z.string() });
export type HostKey = z.infer<typeof HostKey>;

/**
 * `unseen`: no connection was tried yet. `offered`: first contact, waits for a yes. `pinned`: only this key is accepted.
 * `changed`: another key than the pinned one was offered; nothing is sent there until somebody decides.
 */
export const HOST_KEY_STATES = ['unseen', 'offered', 'pinned', 'changed'] as const;

/** How long the node stays connected: while somebody looks, or always, which also keeps its metrics and alerts going. */
export const SSH_PRESENCES = ['watched', 'always'] as const;

export const SshEndpoint = z.object({
  nodeId: NodeId,
  host: z.string(),
  port: z.int(),
  sshUser: z.string(),
  auth: z.object({
    kind: z.enum(['key', 'password', 'generated']),
    fingerprint: z.string().nullable(), // of the key; null for a password
    /** One line for the node's shell that puts the public key into `authorized_keys`; null where there is none to put. */
    authorizeCommand: z.string().nullable(),
    version: z.int(), // goes up with each change of the credential
  }),
  jump: z.array(z.object({ nodeId: NodeId, name: z.string() })),
  hostKey: z.object({
    state: z.enum(HOST_KEY_STATES),
    pinned: HostKey.nullable(),
    offered: HostKey.nullable(), // what waits for a decision
    offeredAt: z.iso.datetime().nullable(),
  }),
  presence: z.enum(SSH_PRESENCES),
  metricsIntervalMs: z.int(),
  allowsWeakAlgorithms: z.boolean(),
  /** Why the last attempt failed; null when it did not. */
  problem: z.object({ code: z.string(), message: z.string(), at: z.iso.datetime() }).nullable(),
});
export type SshEndpoint = z.infer<typeof SshEndpoint>;

/** Sets or replaces the whole access of a node; without `auth` the stored credential stays. */
export const PutSshInput = SshTarget.extend({ nodeId: NodeId, auth: SshAuth.optional() });
export const SshOptionsInput = z.strictObject({
  nodeId: NodeId,
  presence: z.enum(SSH_PRESENCES).optional(),
  metricsIntervalMs: z.int().min(1000).max(3_600_000).optional(),
  allowsWeakAlgorithms: z.boolean().optional(),
});
/** The fingerprint says which key was seen by the person who decides: another one offered meanwhile is not meant. */
export const HostKeyDecisionInput = z.strictObject({
  nodeId: NodeId,
  fingerprint: z.string().max(200),
  decision: z.enum(['accept', 'reject']),
});

/** The text of an OpenSSH client configuration; its keys are not read, the caller adds a credential. */
export const ParseSshConfigInput = z.strictObject({ text: z.string().max(1024 * 1024) });
export const ParsedSshHost = z.object({
  alias: z.string(),
  host: z.string(),
  port: z.int(),
  sshUser: z.string().nullable(),
  identityFile: z.string().nullable(), // a path on the user's machine: tells which key to paste
  jump: z.array(z.string()), // aliases or user@host:port, as written
  problem: z.string().nullable(), // why it cannot be taken over as it is
});
export type ParsedSshHost = z.infer<typeof ParsedSshHost>;
export const ParsedSshConfig = z.object({
  items: z.array(ParsedSshHost),
  ignored: z.array(z.object({ line: z.int(), text: z.string(), reason: z.string() })),
});
export type ParsedSshConfig = z.infer<typeof ParsedSshConfig>;
