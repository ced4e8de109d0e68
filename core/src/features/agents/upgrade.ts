/**
 * `GET /api/agent/link`: the WebSocket on which an agent waits for SSH. The credential alone says which node it is; nothing
 * else in the request is looked at. Until SSH is up, a connection is a stranger and counts against tight limits.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorBody } from '@serverbox/contract/errors';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { AppError, messageOf } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { openWebSocketDuplex } from '../../lib/link/websocket-duplex.ts';
import type { AdmissionDeps } from './admission.ts';
import { admitAgent } from './admission.ts';
import type { LinkingDeps } from './linking.ts';
import { linkNode } from './linking.ts';
import type { Credential } from './queries.ts';
import { touchCredential } from './queries.ts';

const PATH = '/api/agent/link';
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Strangers at one time: in all, and from one address (many nodes may stand behind one). */
const MAX_PENDING = 200;
const MAX_PENDING_PER_IP = 50;

export interface AgentsUpgrade {
  path: typeof PATH;
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface UpgradeDeps extends LinkingDeps, Omit<AdmissionDeps, 'links' | 'refusals'> {
  clientIp(peer: string, forwardedFor: string | undefined): string;
  /** Called with each link, whose life depends on the credential. */
  onLinked(credential: Credential, link: { closed: AbortSignal; close(reason: string): void }): void;
}

const REASONS: Partial<Record<number, string>> = { 401: 'Unauthorized', 409: 'Conflict', 429: 'Too Many Requests' };

/** Answers before the upgrade, as REST would, and closes. */
const refuse = (socket: Duplex, error: AppError): void => {
  const body: ErrorBody = { error: { code: error.code, message: error.message, requestId: newId() } };
  const text = JSON.stringify(body);
  const headers = [
    `HTTP/1.1 ${error.status} ${REASONS[error.status] ?? 'Refused'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
    ...(error.retryAfterSeconds === undefined ? [] : [`retry-after: ${Math.ceil(error.retryAfterSeconds)}`]),
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${text}`);
};

const createPending = () => {
  const perIp = new Map<string, number>();
  let total = 0;
  return {
    /** @throws AppError `too_many_streams` */
    enter: (ip: string): (() => void) => {
      const ofIp = perIp.get(ip) ?? 0;
      if (total >= MAX_PENDING || ofIp >= MAX_PENDING_PER_IP) {
        throw new AppError('too_many_streams', 'Too many agents are connecting; try again soon.', {
          retryAfterSeconds: 5,
        });
      }
      total += 1;
      perIp.set(ip, ofIp + 1);
      return () => {
        total -= 1;
        const left = (perIp.get(ip) ?? 1) - 1;
        if (left === 0) perIp.delete(ip);
        else perIp.set(ip, left);
      };
    },
  };
};

export const createAgentsUpgrade = (deps: UpgradeDeps): AgentsUpgrade => {
  const { log } = deps;
  const pending = createPending();
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket> =>
    new Promise((resolve, reject) => {
      socket.once('close', () => reject(new Error('the connection ended')));
      server.handleUpgrade(request, socket, head, resolve);
    });

  /** From here on the far end speaks WebSocket: a failure can only cut the connection. */
  const link = async (credential: Credential, webSocket: WebSocket): Promise<void> => {
    const linked = await linkNode(deps, credential.node, openWebSocketDuplex(webSocket));
    deps.onLinked(credential, linked);
    await touchCredential(deps.db, credential.id);
  };

  const serve = async (request: IncomingMessage, socket: Duplex, head: Buffer, ip: string): Promise<void> => {
    const leave = pending.enter(ip);
    try {
      const credential = await admitAgent(deps, request.headers, ip);
      const webSocket = await upgrade(request, socket, head);
      await link(credential, webSocket).catch((error: unknown) => {
        log.warn('agent was not linked', { nodeId: credential.node.id, ip, reason: messageOf(error) });
        webSocket.terminate();
      });
    } finally {
      leave();
    }
  };

  return {
    path: PATH,
    handle: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const ip = deps.clientIp(request.socket.remoteAddress ?? '', request.headers['x-forwarded-for']?.toString());
      serve(request, socket, head, ip).catch((error: unknown) => {
        const known =
          error instanceof AppError ? error : new AppError('internal', 'The link failed.', { cause: error });
        if (known.code !== 'rate_limited') log.warn('agent was refused', { ip, reason: messageOf(error) });
        refuse(socket, known);
      });
    },
  };
};
