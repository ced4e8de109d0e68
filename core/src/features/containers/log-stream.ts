/** Container logs over HTTP: JSON lines to look at, plain text to keep. */
import type { ServerResponse } from 'node:http';
import type { ContainerDetail } from '@serverbox/contract/containers';
import { LogsInput } from '@serverbox/contract/containers';
import { ContainerId } from '@serverbox/contract/ids';
import type { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { DockerReads, LogsQuery, OpenLog } from '../../lib/docker/client.ts';
import { createLogLines } from '../../lib/docker/log-lines.ts';
import { notFound } from '../../lib/errors.ts';
import type { ScopedNode } from '../../middleware/ports.ts';
import type { StreamRoute } from '../../middleware/stream-routes.ts';
import { streamRoute } from '../../middleware/stream-routes.ts';
import type { Engines } from './engines.ts';
import { createLogSender } from './log-sender.ts';
import { copyLogText } from './log-text.ts';

export interface LogStreamDeps {
  engines: Engines;
  clock: Clock;
}

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "15m" counts back from the engine's own now; a date is a date. */
const instantOf = (text: string | undefined, engineNowMs: number): Date | undefined => {
  if (text === undefined) return undefined;
  const unitMs = UNIT_MS[text.at(-1) ?? ''];
  return unitMs === undefined ? new Date(text) : new Date(engineNowMs - Number.parseInt(text, 10) * unitMs);
};

const queryOf = async (
  input: z.infer<typeof LogsInput>,
  hasTty: boolean,
  { reads, clock }: { reads: DockerReads; clock: Clock },
): Promise<LogsQuery> => {
  const { tail, since, until, timestamps } = input;
  const engineNowMs = clock.now().getTime() + (await reads.clockOffsetMs());
  return {
    tail,
    timestamps,
    hasTty,
    follow: input.follow && !input.download,
    since: instantOf(since, engineNowMs),
    until: instantOf(until, engineNowMs),
  };
};

/** A name that is safe in a header and on every file system; the engine's name is hostile text. */
export const logFileName = (name: string, id: ContainerDetail['id']): string => {
  const safe = name.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^[._-]+/, '');
  return `${safe.slice(0, 100) || id.slice(0, 12)}.log`;
};

const HEADERS = {
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
} as const;

const serveLines = async (log: OpenLog, query: LogsQuery, { response, clock, signal }: Serving): Promise<void> => {
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/x-ndjson; charset=utf-8' });
  response.flushHeaders();
  const lines = createLogLines(query.timestamps);
  const sender = createLogSender(response, { clock, signal, follows: query.follow });
  for await (const chunk of log.body as AsyncIterable<Buffer>) await sender.send(lines.push(log.frames.push(chunk)));
  await sender.send(lines.end());
  await sender.end();
};

interface Serving {
  response: ServerResponse;
  clock: Clock;
  signal: AbortSignal;
}

const serve = async (
  { node, input }: { node: ScopedNode; input: z.infer<typeof LogsInput> },
  { engines, clock }: LogStreamDeps,
  serving: Serving,
): Promise<void> => {
  const { response, signal } = serving;
  const { reads } = engines.get(node.id);
  const found = await reads.inspect(input.containerId, signal);
  const query = await queryOf(input, found.Config.Tty, { reads, clock });
  const id = ContainerId.parse(found.Id);
  const log = await reads.openLogs(id, query, signal);
  try {
    if (!input.download) return await serveLines(log, query, serving);
    const file = logFileName(found.Name.replace(/^\//, ''), id);
    response.writeHead(200, {
      ...HEADERS,
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="${file}"`,
    });
    await copyLogText(log, query.timestamps, response, signal);
  } finally {
    log.body.destroy();
  }
};

export const createLogRoute = (deps: LogStreamDeps): StreamRoute =>
  streamRoute({
    path: '/api/nodes/:nodeId/containers/:containerId/logs',
    summary: "A container's log as JSON lines, or as a text file with download=true",
    permission: 'containers.logs',
    scope: 'node',
    input: LogsInput,
    serve: async ({ node, input, signal }, response) => {
      if (node === undefined) throw notFound('The node');
      try {
        await serve({ node, input }, deps, { response, clock: deps.clock, signal });
        response.end();
      } catch (error) {
        // The reader has gone: nobody is left to be told.
        if (!signal.aborted) throw error;
      }
    },
  });
