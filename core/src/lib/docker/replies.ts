/**
 * The answers of the Engine API, as far as we use them: unknown fields are ignored, and what Go writes as `null` for an empty
 * list becomes an empty list. Shapes of API 1.24 to 1.52 (https://docs.docker.com/reference/api/engine/).
 */
import { z } from 'zod';

const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
const recordOf = <T extends z.ZodType>(value: T) =>
  z
    .record(z.string(), value)
    .nullish()
    .transform((record) => record ?? {});
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

/** The engine's own full id. */
const fullId = z.string().regex(/^[0-9a-f]{64}$/);

export const ContainerSummary = z.object({
  Id: fullId,
  Names: listOf(z.string()),
  Image: text,
  State: text,
  Status: text,
  Created: count, // Unix seconds
  Ports: listOf(z.object({ IP: text, PrivatePort: z.int(), PublicPort: z.int().nullish(), Type: text })),
  Labels: recordOf(z.string()),
  Health: z.object({ Status: text }).nullish(), // since API 1.52; before that in the words of Status
});
export type ContainerSummary = z.infer<typeof ContainerSummary>;
export const ContainerSummaries = listOf(ContainerSummary);

const HealthLogEntry = z.object({ Start: text, ExitCode: count, Output: text });

export const ContainerInspect = z.object({
  Id: fullId,
  Name: text,
  Created: text,
  Image: text,
  RestartCount: count,
  State: z.object({
    Status: text,
    OOMKilled: flag,
    ExitCode: count,
    Error: text,
    StartedAt: text,
    FinishedAt: text,
    Health: z.object({ Status: text, Log: listOf(HealthLogEntry) }).nullish(),
  }),
  Config: z.object({
    Image: text,
    Hostname: text,
    User: text,
    Tty: flag,
    Env: listOf(z.string()),
    Cmd: listOf(z.string()),
    Entrypoint: listOf(z.string()),
    WorkingDir: text,
    Labels: recordOf(z.string()),
  }),
  HostConfig: z.object({
    Privileged: flag,
    Binds: listOf(z.string()),
    Mounts: listOf(z.object({ Type: text, Source: text })),
    RestartPolicy: z.object({ Name: text, MaximumRetryCount: count }).nullish(),
    LogConfig: z.object({ Type: text }).nullish(),
  }),
  Mounts: listOf(z.object({ Type: text, Name: text, Source: text, Destination: text, RW: flag })),
  NetworkSettings: z.object({
    Ports: recordOf(listOf(z.object({ HostIp: text, HostPort: text }))),
    Networks: recordOf(
      z.object({ IPAddress: text, Gateway: text, MacAddress: text, Aliases: listOf(z.string()) }).nullish(),
    ),
  }),
});
export type ContainerInspect = z.infer<typeof ContainerInspect>;

export const Version = z.object({ Version: text, ApiVersion: text, MinAPIVersion: text });
export type Version = z.infer<typeof Version>;

export const ExecCreated = z.object({ Id: fullId });
export const ExecInspect = z.object({ Running: flag, ExitCode: z.number().nullish() });

/** One line of `/events`. `timeNano` loses its last digits in a double: good for order, not for identity. */
export const EngineEvent = z.object({
  Type: z.literal('container'),
  Action: z.string().max(4096),
  Actor: z.object({ ID: fullId, Attributes: recordOf(z.string()) }),
  time: z.number(),
  timeNano: z.number(),
});
export type EngineEvent = z.infer<typeof EngineEvent>;
