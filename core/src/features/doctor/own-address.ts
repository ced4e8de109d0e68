/** The way that agents take to this core, tried by the core itself: whether its public address leads back to it. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { openTcp } from '../../lib/link/open-tcp.ts';
import { checkName, checkPort, openTls } from './addresses.ts';
import { readSome } from './read-some.ts';
import type { Finding, Step } from './walk.ts';
import { failed, ok, skipped } from './walk.ts';

/** How this core says no; see ErrorBody in the contract. */
const OurRefusal = z.object({ error: z.object({ code: z.string(), requestId: z.string() }) });
const PATH = '/api/agent/link';
const TIMEOUT_MS = 8000;
const MAX_ANSWER_BYTES = 16 * 1024;

const CERTIFICATE =
  'Give the proxy in front of Server Box a certificate of a public authority for this name, or enrol the agents with --ca-file.';
const UPGRADE =
  'Let the proxy in front of Server Box pass WebSockets: HTTP/1.1 to the core, with the headers Upgrade and Connection.';

/** The core refuses an upgrade without a credential in its own words; a proxy that knows no WebSocket uses others. */
const judgeAnswer = (answer: string): Finding => {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === undefined) return failed('What answers there speaks no HTTP.', UPGRADE);
  try {
    if (OurRefusal.safeParse(JSON.parse(body)).success) return ok('The request for a WebSocket reaches Server Box.');
  } catch {
    // not ours: told below
  }
  return failed(`Something else than Server Box answered the request for a WebSocket, with status ${status}.`, UPGRADE);
};

const askForUpgrade = async (stream: Duplex, host: string): Promise<Finding> => {
  const key = randomBytes(16).toString('base64');
  const upgrade = [
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
  ];
  stream.write([`GET ${PATH} HTTP/1.1`, `Host: ${host}`, ...upgrade, '', ''].join('\r\n'));
  return judgeAnswer(await readSome(stream, { maxBytes: MAX_ANSWER_BYTES, timeoutMs: TIMEOUT_MS }));
};

/** @param publicUrl undefined where none is configured: then agents use what their command says, and nothing is tried */
export const ownAddressSteps = (publicUrl: string | undefined): Step[] => {
  if (publicUrl === undefined) {
    const text = 'No public address of Server Box is configured (SERVERBOX_PUBLIC_URL), so none was tried.';
    return (['dns', 'tcp', 'tls', 'upgrade'] as const).map((hop) => ({ hop, advice: '', check: () => skipped(text) }));
  }
  const { hostname, protocol, port, host } = new URL(publicUrl);
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  const isTls = protocol === 'https:';
  return [
    { hop: 'dns', advice: 'Correct SERVERBOX_PUBLIC_URL.', check: () => checkName(name) },
    {
      hop: 'tcp',
      advice: `Let something listen at ${name}:${number}, and let firewalls pass it.`,
      needs: ['dns'],
      check: () => checkPort(name, number),
    },
    {
      hop: 'tls',
      advice: CERTIFICATE,
      needs: ['tcp'],
      check: async () => {
        if (!isTls) return skipped('The public address is plain http; the link is encrypted by SSH all the same.');
        (await openTls(name, number)).destroy();
        return ok('The certificate is good.');
      },
    },
    {
      hop: 'upgrade',
      advice: UPGRADE,
      needs: ['tls'],
      check: async () => askForUpgrade(await (isTls ? openTls : openPlain)(name, number), host),
    },
  ];
};

const openPlain = (host: string, port: number): Promise<Duplex> => openTcp(host, port, TIMEOUT_MS);
