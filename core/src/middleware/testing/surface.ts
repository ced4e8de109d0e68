/** For tests: the whole HTTP surface on loopback, with a small router behind the real gate and ports that live in memory. */
import type { SessionId, UserId } from '@serverbox/contract/ids';
import { NodeId } from '@serverbox/contract/ids';
import type { Permission } from '@serverbox/contract/permissions';
import { ALL_PERMISSIONS } from '@serverbox/contract/permissions';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { createLog } from '../../lib/log.ts';
import { startWeb } from '../../roles/web.ts';
import { createClientIp } from '../client-ip.ts';
import { createContextOf } from '../context.ts';
import { createSessionCookies } from '../cookies.ts';
import { createGate } from '../gate.ts';
import { createHttpApp } from '../http-app.ts';
import { createUpgradeHandler } from '../mount-sockets.ts';
import { createOriginCheck } from '../origin.ts';
import type { AuditIntent, AuditOutcome, Principal } from '../ports.ts';
import { createProcedures, router } from '../procedures.ts';
import { socketRoute, streamRoute } from '../stream-routes.ts';
import { createStreams } from '../streams.ts';

export const NODE = { id: newId<NodeId>(), name: 'web-1' };

export const aPrincipal = (permissions: readonly Permission[] = ALL_PERMISSIONS): Principal => ({
  userId: newId<UserId>(),
  email: 'a@example.org',
  role: 'admin',
  permissions: new Set(permissions),
  sessionId: newId<SessionId>(),
});

export interface AuditLine {
  phase: 'intent' | AuditOutcome;
  action: string;
  target: string | null;
  details: Record<string, unknown>;
}

const Target = z.strictObject({ nodeId: NodeId });
const Words = z.strictObject({ nodeId: NodeId, words: z.string().max(10) });

/** `principals` maps bearer tokens (`[\w-]+`) to callers; more can be added and removed while it runs. */
export const openSurface = async (principals: Map<string, Principal>) => {
  const audit: AuditLine[] = [];
  const logged: string[] = [];
  const log = createLog('debug', { write: (line: string) => logged.push(line) });
  let auditFails = false;
  const record = (phase: AuditLine['phase'], { action, target }: AuditIntent, details: Record<string, unknown>) => {
    if (auditFails) throw new AppError('audit_unavailable', 'The audit trail cannot be written.');
    audit.push({ phase, action, target, details });
  };
  const gate = createGate({
    findNode: async (_, nodeId) => (nodeId === NODE.id ? NODE : undefined),
    audit: {
      intend: async (intent) => {
        record('intent', intent, intent.details);
        return newId();
      },
      conclude: async (_, intent, outcome, details) => record(outcome, intent, details),
    },
  });
  const { open, read, act } = createProcedures(gate);
  const effects: string[] = [];
  const echo = { input: Words, output: z.object({ words: z.string() }) };
  const testRouter = router({
    hello: open({
      input: z.strictObject({}),
      output: z.object({ hello: z.string() }),
      rest: { method: 'GET', path: '/api/hello', summary: 'x' },
    }).query(() => ({ hello: 'world' })),
    see: read({
      permission: 'nodes.read',
      scope: 'node',
      ...echo,
      rest: { method: 'GET', path: '/api/nodes/{nodeId}/see', summary: 'x' },
    }).query(({ ctx, input }) => ({ words: `${ctx.node.name} ${input.words}` })),
    change: act({
      permission: 'nodes.manage',
      scope: 'node',
      audit: 'test.change',
      ...echo,
      rest: { method: 'POST', path: '/api/nodes/{nodeId}/change', summary: 'x' },
    }).mutation(({ input }) => {
      if (input.words === 'conflict') throw new AppError('conflict', 'It is taken.');
      if (input.words === 'defect') throw Object.assign(new Error('canary in a defect'), { parameters: ['canary'] });
      effects.push(input.words);
      return { words: input.words };
    }),
  });

  const cookies = createSessionCookies(false);
  const streams = createStreams();
  const contextOf = createContextOf({
    clientIp: createClientIp([]),
    cookies,
    identify: async (token) => principals.get(token),
  });
  const shared = { gate, streams, contextOf, checkOrigin: createOriginCheck(undefined), cookies, log };
  const received: string[] = [];
  const stream = streamRoute({
    path: '/api/nodes/:nodeId/ticks',
    summary: 'x',
    permission: 'metrics.read',
    scope: 'node',
    input: Target,
    serve: async ({ signal }, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('tick\n');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  });
  const socket = socketRoute({
    path: '/api/nodes/:nodeId/shell',
    summary: 'x',
    permission: 'nodes.terminal',
    scope: 'node',
    audit: 'test.shell',
    input: Target,
    connect: async ({ signal }, ws) => {
      ws.on('message', (data) => {
        received.push(String(data));
        ws.send(data);
      });
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      return { messages: received.length };
    },
  });
  const app = createHttpApp({ ...shared, router: testRouter, streamRoutes: [stream], isHttps: false });
  const onUpgrade = createUpgradeHandler([socket], [], shared);
  const web = await startWeb({ app, onUpgrade, dashboardDir: '/nonexistent', host: '127.0.0.1', port: 0 });
  return {
    url: web.url,
    stop: async () => {
      streams.closeAll();
      await web.stop();
    },
    audit,
    effects,
    logged,
    streams,
    setAuditFails: (fails: boolean) => {
      auditFails = fails;
    },
  };
};
