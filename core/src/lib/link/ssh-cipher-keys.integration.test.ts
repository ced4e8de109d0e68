import { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Client, Connection } from 'ssh2';
import ssh2 from 'ssh2';
import { expect, onTestFinished, test } from 'vitest';
import { prepareCipherKeys } from './ssh-cipher-keys.ts';
import { generatePrivateKey } from './ssh-keys.ts';

const CIPHER = ['aes128-gcm@openssh.com' as const];

const openPair = async (): Promise<{ client: Client; server: Connection }> => {
  const accepted = Promise.withResolvers<Connection>();
  const server = new ssh2.Server({ hostKeys: [generatePrivateKey().reveal()] }, (peer) => {
    accepted.resolve(peer);
    peer.on('error', () => undefined);
    peer.on('authentication', (attempt) => attempt.accept());
    peer.on('session', (accept) =>
      accept().on('exec', (acceptExec, _reject, { command }) => acceptExec().end(command)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new ssh2.Client();
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  client.on('handshake', () => prepareCipherKeys(client));
  const { port } = server.address() as AddressInfo;
  client.connect({ host: '127.0.0.1', port, username: 'x', algorithms: { cipher: CIPHER } });
  await once(client, 'ready');
  return { client, server: await accepted.promise };
};

const echoed = async (client: Client, text: string): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  client.exec(text, (error, channel) => {
    if (error) reject(error);
    else channel.setEncoding('utf8').on('data', resolve);
  });
  return await promise;
};

/** As `ssh2` 1.17 keeps them. */
const keysOf = (client: Client): unknown[] => {
  const { _cipher, _decipher } = (client as unknown as { _protocol: Record<string, Record<string, unknown>> })
    ._protocol;
  return [_cipher?._encKey, _decipher?._decipherKey];
};

test('both ciphers of a session keep prepared keys, also after the keys were renewed, and what they carry is whole', async () => {
  const { client, server } = await openPair();
  const first = keysOf(client);
  expect(first.every((key) => key instanceof KeyObject)).toBe(true);
  expect(await echoed(client, 'one')).toBe('one');
  const renewed = once(client, 'handshake');
  server.rekey();
  await renewed;
  const second = keysOf(client);
  expect(second.every((key, at) => key instanceof KeyObject && !key.equals(first[at] as KeyObject))).toBe(true);
  expect(await echoed(client, 'two')).toBe('two');
});
