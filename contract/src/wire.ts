/**
 * What agent and core say to each other. Both sides test themselves on the golden lines of `wire-samples/`.
 *
 * The `metrics` subsystem carries one JSON object a line, UTF-8, at most `MAX_WIRE_LINE_BYTES`. The agent speaks first
 * (`hello`); the core answers `welcome` with the highest sequence number it has committed for that epoch; then samples
 * flow, each acknowledged after it is durable (an `ack` covers every lower number). Unacknowledged samples are kept in
 * the agent's spool and sent again after a reconnect, oldest first. `detail` is not spooled: only the latest matters.
 */
import { z } from 'zod';
import { CONTAINER_FIELDS, HOST_FIELDS } from './metrics.ts';
import { AgentService } from './policy.ts';

export const WIRE_PROTOCOL = 1;
export const MAX_WIRE_LINE_BYTES = 1024 * 1024;
export const MAX_CONTAINERS_PER_NODE = 5000;

const label = z.string().max(512);
const bytes = z.number().nonnegative();
const value = z.number().nullable();

/** Facts that change rarely: sent at enrolment, in every `hello`, and in `facts` when they change meanwhile. Absent means the node could not tell. */
export const NodeFacts = z.strictObject({
  hostname: label,
  os: label, // "Debian GNU/Linux 12 (bookworm)"
  kernel: label, // "6.1.0-18-amd64"
  arch: label, // "amd64", as Go names it
  virtualization: label.nullable(), // "kvm", "docker", … null: bare metal or unknown
  cpuModel: label.nullable(),
  cpuCores: z.int().positive().max(65536),
  memTotalBytes: bytes,
  bootedAt: z.int().nonnegative(), // Unix ms
  addresses: z.array(z.string().max(64)).max(64), // global unicast, no loopback, no link-local
  dockerVersion: label.nullable(), // null: see `dockerProblem`
  dockerProblem: label.nullable(), // why Docker is not usable, a sentence for people
  agentVersion: label,
});
export type NodeFacts = z.infer<typeof NodeFacts>;

const seq = z.int().positive();
const at = z.int().positive(); // Unix ms by the agent's clock

export const HelloMessage = z.strictObject({
  type: z.literal('hello'),
  protocol: z.int().positive(),
  epoch: z.string().regex(/^[0-9a-f]{32}$/), // made with the spool; a new spool is a new epoch
  now: at, // the agent's clock, so that the core can show its skew
  services: z.array(AgentService).max(16),
  facts: NodeFacts,
});

export const HostMessage = z.strictObject({
  type: z.literal('host'),
  seq,
  at,
  values: z.array(value).length(HOST_FIELDS.length),
});

export const ContainersMessage = z.strictObject({
  type: z.literal('containers'),
  seq,
  at,
  /** First 12 hex digits of the container's id, then its values in the order of CONTAINER_FIELDS. Running ones only. */
  rows: z
    .array(z.tuple([z.string().regex(/^[0-9a-f]{12}$/), z.array(value).length(CONTAINER_FIELDS.length)]))
    .max(MAX_CONTAINERS_PER_NODE),
});

export const DiskDetail = z.strictObject({
  mount: z.string().max(4096),
  device: label,
  fsType: label,
  totalBytes: bytes,
  usedBytes: bytes,
  inodesTotal: bytes,
  inodesUsed: bytes,
  readBytesPerSecond: value,
  writeBytesPerSecond: value,
  busyRatio: value,
});
export const InterfaceDetail = z.strictObject({
  name: label,
  up: z.boolean(),
  speedBitsPerSecond: value,
  rxBytesPerSecond: value,
  txBytesPerSecond: value,
  rxErrors: bytes,
  txErrors: bytes,
});
/** One entry for each collector of the last cycle: a failure is reported, never hidden. */
export const CollectorReport = z.strictObject({
  name: label,
  ok: z.boolean(),
  tookMs: z.number().nonnegative(),
  error: z.string().max(2000).nullable(),
});

export const DetailMessage = z.strictObject({
  type: z.literal('detail'),
  at,
  uptimeSeconds: z.number().nonnegative(),
  cores: z.array(value).max(4096), // busy ratio of each core
  disks: z.array(DiskDetail).max(256),
  interfaces: z.array(InterfaceDetail).max(512),
  temperatures: z.array(z.strictObject({ sensor: label, celsius: z.number() })).max(256),
  failedUnits: z.array(label).max(256).nullable(), // null: no systemd here
  collectors: z.array(CollectorReport).max(64),
});
export type DetailMessage = z.infer<typeof DetailMessage>;

/** What changed about the machine since `hello`, e.g. Docker was started: the whole facts, not a difference. Not spooled. */
export const FactsMessage = z.strictObject({ type: z.literal('facts'), facts: NodeFacts });

export const AgentMessage = z.discriminatedUnion('type', [
  HelloMessage,
  HostMessage,
  ContainersMessage,
  DetailMessage,
  FactsMessage,
]);
export type AgentMessage = z.infer<typeof AgentMessage>;

export const CoreMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('welcome'), lastSeq: z.int().nonnegative() }),
  z.strictObject({ type: z.literal('ack'), seq }),
  z.strictObject({ type: z.literal('interval'), everyMs: z.int().min(200).max(3_600_000) }),
]);
export type CoreMessage = z.infer<typeof CoreMessage>;

/** `POST /api/agent/enroll`: a one-time token buys a node identity. */
export const EnrollRequest = z.strictObject({
  token: z.string().max(200),
  hostPublicKey: z.string().max(200), // "ssh-ed25519 AAAA…", one line, no comment
  /** What the machine was known by until now: a machine that is a node already does not become a second one. */
  previousHostPublicKey: z.string().max(200).optional(),
  facts: NodeFacts,
});
export const EnrollReply = z.strictObject({
  nodeId: z.uuid(),
  credential: z.string(), // sbn_<8-char id>_<secret>, shown once
  corePublicKey: z.string(), // "ssh-ed25519 AAAA…": the client key that the agent must accept, and no other
});

/**
 * `GET /api/agent/challenge?nonce=<32 hex bytes>`: before it sends any secret, the agent makes the core prove that it holds
 * the pinned key: an ed25519 signature (RFC 8032) over the UTF-8 bytes of `challengeText(nonce)`.
 */
export const ChallengeReply = z.strictObject({ publicKey: z.string(), signature: z.base64() });
export const challengeText = (nonce: string): string => `serverbox-challenge-v1\n${nonce}\n`;
