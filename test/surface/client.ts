/** Any request to a core, with the whole answer: what a test of the surface has to look at. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Box } from '../e2e/box.ts';
import { ADMIN } from '../e2e/box.ts';

export interface Answer {
  status: number;
  body: unknown;
  headers: Headers;
}

export interface Ask {
  method?: string;
  token?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
}

const ANSWER_TIMEOUT_MS = 20_000;
const LINK_TIMEOUT_MS = 30_000;

export const ask = async (box: Pick<Box, 'url'>, path: string, { method = 'GET', token, body, headers }: Ask = {}) => {
  const response = await fetch(`${box.url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers };
};

/** A procedure by its name. tRPC takes the input of a query from the address. */
export const askProcedure = (
  box: Pick<Box, 'url'>,
  procedure: { name: string; isQuery: boolean; input: unknown; token?: string | undefined },
): Promise<Answer> => {
  const { name, isQuery, input, token } = procedure;
  if (!isQuery) return ask(box, `/trpc/${name}`, { method: 'POST', token, body: input });
  return ask(box, `/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`, { token });
};

/** The status of an upgrade: 101 where it was admitted, whose socket is then dropped. */
export const askUpgrade = (box: Pick<Box, 'url'>, path: string, token?: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(`${box.url}${path}`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      timeout: ANSWER_TIMEOUT_MS,
    });
    sent.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    sent.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once('error', reject);
    sent.end();
  });

export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

export const signIn = async (box: Pick<Box, 'url'>): Promise<Tokens> => {
  const { status, body } = await ask(box, '/auth/login', { method: 'POST', body: ADMIN });
  if (status !== 200) throw new Error(`sign-in was refused with ${status}: ${JSON.stringify(body)}`);
  return body as Tokens;
};

/** The machine that the core runs on, once a command on it works. */
export const untilLocalNode = async (box: Pick<Box, 'url'>, token: string): Promise<string> => {
  const deadlineMs = performance.now() + LINK_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    const { body } = await ask(box, '/api/nodes', { token });
    const nodeId = (body as { items: { id: string }[] }).items[0]?.id ?? '';
    const command = { method: 'POST', token, body: { argv: ['true'] } };
    if (nodeId !== '' && (await ask(box, `/api/nodes/${nodeId}/exec`, command)).status === 200) return nodeId;
    await sleep(100);
  }
  throw new Error(`no command could be run on this machine within ${LINK_TIMEOUT_MS} ms`);
};
