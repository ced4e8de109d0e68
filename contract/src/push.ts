/**
 * What the push script reports: a snapshot of all containers of one machine. The token names the node; `hostId` in the body
 * has to be the one that was given out with it. Secret-looking values are masked before they leave the machine, and again here.
 */
import { z } from 'zod';
import { boundedArray, boundedRecord } from './bounded.ts';
import { CONTAINER_STATES, HEALTHS } from './containers.ts';

export const MAX_PUSH_BYTES = 8 * 1024 * 1024;
export const MAX_PUSH_CONTAINERS = 2000;
/** By the core's clock, since the last report was received. */
export const PUSH_STALE_MS = 90_000;

/** Without what no database takes: NUL, and halves of surrogate pairs. */
const clean = (value: string): string => value.toWellFormed().replaceAll('\0', '');
const text = z.string().max(4096).transform(clean);
const short = z.string().max(512).transform(clean);
const port = z.int().min(0).max(65_535);
const bytes = z.number().nonnegative();
const instant = z.iso.datetime({ offset: true });

export const HostId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.[A-Za-z0-9_-]+)*$/, 'is not a host id')
  .max(64);

export const PushedContainer = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{64}$/),
  name: short,
  image: short,
  imageId: short,
  state: z.enum(CONTAINER_STATES),
  status: short,
  createdAt: instant,
  startedAt: instant.nullable(),
  restartCount: z.int().nonnegative(),
  restartPolicy: short,
  health: z.enum(HEALTHS),
  ports: boundedArray(
    z.strictObject({ hostIp: short, hostPort: port.nullable(), containerPort: port, proto: short }),
    1024,
  ),
  networks: boundedArray(z.strictObject({ name: short, ip: short }), 128),
  mounts: boundedArray(z.strictObject({ type: short, source: text, destination: text, rw: z.boolean() }), 512),
  env: boundedArray(z.strictObject({ key: short, value: text }), 1024),
  command: text,
  labels: boundedRecord(short, text, 512),
  stats: z
    .strictObject({
      cpuPercent: z.number().nonnegative(), // of one core
      memUsage: bytes,
      memLimit: bytes,
      netRxBytes: bytes,
      netTxBytes: bytes,
      blockReadBytes: bytes,
      blockWriteBytes: bytes,
    })
    .nullable(),
});
export type PushedContainer = z.infer<typeof PushedContainer>;

const said = z.string();
/** The same as it is answered: taken apart once, when it came in. */
export const ReportedContainer = z.object({
  ...PushedContainer.shape,
  ...{ name: said, image: said, imageId: said, status: said, restartPolicy: said, command: said },
  ports: z.array(z.object({ hostIp: said, hostPort: z.int().nullable(), containerPort: z.int(), proto: said })),
  networks: z.array(z.object({ name: said, ip: said })),
  mounts: z.array(z.object({ type: said, source: said, destination: said, rw: z.boolean() })),
  env: z.array(z.object({ key: said, value: said })),
  labels: z.record(said, said),
});

export const PushReport = z.strictObject({
  hostId: HostId,
  hostname: short,
  agentVersion: short,
  reportedAt: instant, // the machine's clock; staleness goes by the core's
  containers: boundedArray(PushedContainer, MAX_PUSH_CONTAINERS),
});
export type PushReport = z.infer<typeof PushReport>;

export const PushHost = z.object({
  hostId: z.string(),
  hostname: z.string(),
  receivedAt: z.iso.datetime(),
  containerCount: z.int(),
  stale: z.boolean(),
});
export const PushHosts = z.object({ items: z.array(PushHost), nextCursor: z.null() });
export const PushHostTarget = z.strictObject({ hostId: HostId });
export const PushContainerTarget = z.strictObject({ hostId: HostId, containerId: z.string().regex(/^[0-9a-f]{64}$/) });
/** As reported, with secrets masked once more; nothing of it is younger than `receivedAt`. */
export const PushedContainers = z.object({
  items: z.array(ReportedContainer),
  receivedAt: z.iso.datetime(),
  stale: z.boolean(),
  nextCursor: z.null(),
});
