import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'ssh2';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DropbearServer } from '../../../../lab/dropbear.ts';
import { startDropbear } from '../../../../lab/dropbear.ts';
import type { SshServer, SshServerOptions } from '../../../../lab/sshd.ts';
import { startSshd } from '../../../../lab/sshd.ts';
import { Secret } from '../log.ts';
import { collectOutput } from './collect-output.ts';
import { linkConformance } from './link-conformance.ts';
import { openTcp } from './open-tcp.ts';
import { HostKeyRefused } from './ssh-dial.ts';
import type { PublicKey } from './ssh-keys.ts';
import { generatePrivateKey, openClientKey, parseKeyLine } from './ssh-keys.ts';
import type { Credential } from './ssh-login.ts';
import { readLoginKey } from './ssh-private-keys.ts';
import type { LabDial } from './testing-sshd.ts';
import { dialLab, keyCredential, openLabPool, scanHostKey } from './testing-sshd.ts';

const dir = mkdtempSync(join(tmpdir(), 'serverbox-dial-'));
afterAll(() => rmSync(dir, { recursive: true }));

const makeKey = (name: string, ...options: string[]): { path: string; text: string; line: string } => {
  const path = join(dir, name);
  execFileSync('ssh-keygen', ['-q', '-N', '', '-f', path, ...options]);
  return { path, text: readFileSync(path, 'utf8'), line: readFileSync(`${path}.pub`, 'utf8').trim() };
};

/** A server of the test's own, gone after it. */
const withSshd = async <T>(options: SshServerOptions, work: (server: SshServer) => Promise<T>): Promise<T> => {
  const server = await startSshd(options);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
};

const dialAndLeave = async (server: { port: number; username: string }, dial: LabDial) => {
  const { session, hostKey } = await dialLab(server, dial);
  session.end('seen');
  return hostKey;
};
const password = (text: string): Credential => ({ kind: 'password', password: new Secret(text) });

describe('keys of all usual types', () => {
  const types: [string, string[]][] = [
    ['ed25519', ['-t', 'ed25519']],
    ['ecdsa256', ['-t', 'ecdsa', '-b', '256']],
    ['ecdsa521', ['-t', 'ecdsa', '-b', '521']],
    ['rsa', ['-t', 'rsa', '-b', '2048']],
    ['rsa-pem', ['-t', 'rsa', '-b', '3072', '-m', 'PEM']],
    ['ecdsa-pkcs8', ['-t', 'ecdsa', '-m', 'PKCS8']],
  ];
  const keys = types.map(([name, options]) => ({ name, ...makeKey(`user-${name}`, ...options) }));
  const hosts = types.slice(0, 4).map(([name, options]) => ({ name, ...makeKey(`host-${name}`, ...options) }));

  test('the core logs in with each, and each host key is proven', async () => {
    await withSshd(
      { authorizedKeys: keys.map(({ line }) => line), hostKeyPaths: hosts.map(({ path }) => path) },
      async (server) => {
        const pinned = parseKeyLine(hosts[0]?.line ?? '');
        for (const { text } of keys) {
          const { privateKey } = readLoginKey(new Secret(text));
          await dialAndLeave(server, { credential: { kind: 'key', privateKey }, pinned });
        }
        for (const { line } of hosts) {
          const wanted = parseKeyLine(line);
          const shown = await dialAndLeave(server, { credential: keyCredential(server.privateKey), pinned: wanted });
          expect(shown.fingerprint).toBe(wanted.fingerprint);
        }
      },
    );
  });
});

describe('SH-1 SH-2 trust', () => {
  let sshd: SshServer;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  test('SH-1 first contact ends with the key that sshd has, and no attempt to log in', async () => {
    const attempts = await countAttempts(async (server) => {
      const first = dialLab(server, { credential: password('secret'), pinned: undefined });
      await expect(first).rejects.toMatchObject({ code: 'host_key_unknown' });
    });
    expect(attempts).toBe(0);
    const shown = await dialLab(sshd, { credential: keyCredential(sshd.privateKey), pinned: undefined }).catch(
      (error: unknown) => error,
    );
    expect(shown).toBeInstanceOf(HostKeyRefused);
    expect((shown as HostKeyRefused).offered.fingerprint).toBe(sshd.hostKeyFingerprint);
  });

  test('SH-2 another key than the pinned one ends before any attempt to log in, and both prints are told', async () => {
    const pinned = openClientKey(generatePrivateKey()).publicKey;
    const attempts = await countAttempts(async (server) => {
      const changed = dialLab(server, { credential: password('secret'), pinned });
      await expect(changed).rejects.toMatchObject({
        code: 'host_key_changed',
        message: expect.stringContaining(pinned.fingerprint),
      });
    });
    expect(attempts).toBe(0);
  });

  test('SH-4 further host keys are learnt over a connection that held the pinned one, and taken afterwards', async () => {
    const [before, after] = [makeKey('rotate-old', '-t', 'ed25519'), makeKey('rotate-new', '-t', 'ed25519')];
    const pinned = parseKeyLine(before.line);
    const authorizedKeys = [makeKey('rotate-user', '-t', 'ed25519')];
    const credential = keyCredential(authorizedKeys[0]?.text ?? '');
    const lines = authorizedKeys.map(({ line }) => line);
    const learnt = await withSshd(
      { hostKeyPaths: [before.path, after.path], authorizedKeys: lines },
      async (server) => {
        const keys = Promise.withResolvers<PublicKey[]>();
        const { session } = await dialLab(server, { credential, pinned, learnHostKeys: keys.resolve });
        const proven = await keys.promise;
        session.end('learnt');
        return proven;
      },
    );
    expect(learnt.map(({ fingerprint }) => fingerprint)).toContain(parseKeyLine(after.line).fingerprint);
    await withSshd({ hostKeyPaths: [after.path], authorizedKeys: lines }, async (server) => {
      const shown = await dialAndLeave(server, { credential, pinned, learnt });
      expect(shown.fingerprint).toBe(parseKeyLine(after.line).fingerprint);
      // Not learnt, not taken.
      await expect(dialLab(server, { credential, pinned })).rejects.toMatchObject({ code: 'host_key_changed' });
    });
  });
});

/** A server by the library, whose attempts to log in are counted. */
const countAttempts = async (
  work: (server: { port: number; username: string; pinned: PublicKey }) => Promise<void>,
  onAttempt: (attempt: Parameters<Parameters<Connection['on']>[1]>[0], connection: Connection) => void = () =>
    undefined,
): Promise<number> => {
  let attempts = 0;
  const hostKey = generatePrivateKey();
  const server = new ssh2.Server({ hostKeys: [hostKey.reveal()] }, (connection) => {
    connection.on('error', () => undefined);
    connection.on('authentication', (attempt) => {
      attempts += 1;
      onAttempt(attempt as never, connection);
    });
  }) as unknown as Server & { listen(port: number, host: string): void };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await work({ port, username: 'root', pinned: openClientKey(hostKey).publicKey });
  } finally {
    server.close();
  }
  return attempts;
};

describe('passwords', () => {
  const guest = { hasGuest: true };
  test('a password is taken by sshd, and a wrong one is a typed error that does not tell it', async () => {
    await withSshd({ ...guest, config: ['PasswordAuthentication yes'] }, async (server) => {
      const pinned = await scanHostKey(server.port);
      await dialAndLeave(server, { credential: password(server.password ?? ''), pinned });
      const wrong = await dialLab(server, { credential: password('guess-77'), pinned }).catch(
        (error: unknown) => error,
      );
      expect(wrong).toMatchObject({ code: 'ssh_auth_failed' });
      expect(String(wrong)).toContain('refused the password of the user sbguest');
      expect(String(wrong)).not.toContain('guess-77');
    });
  });

  test('PAM that asks for the password as a question gets it once', async () => {
    const answers: string[] = [];
    const attempts = await countAttempts(
      ({ pinned, ...server }) =>
        dialLab(server, { credential: password('tea'), pinned }).then(({ session }) => session.end('seen')),
      (attempt) => {
        const { method, prompt, accept, reject } = attempt as unknown as {
          method: string;
          prompt(prompts: unknown[], then: (given: string[]) => void): void;
          accept(): void;
          reject(left: string[]): void;
        };
        if (method !== 'keyboard-interactive') return reject.call(attempt, ['keyboard-interactive']);
        prompt.call(attempt, [{ prompt: 'Password: ', echo: false }], (given) => {
          answers.push(...given);
          accept.call(attempt);
        });
      },
    );
    expect(answers).toEqual(['tea']);
    expect(attempts).toBe(2); // which means there are, and the one that there is
  });

  test('a second question, as of a one-time code, gets no password', async () => {
    const answers: string[] = [];
    await countAttempts(
      ({ pinned, ...server }) =>
        expect(dialLab(server, { credential: password('tea'), pinned })).rejects.toMatchObject({
          code: 'ssh_auth_failed',
        }),
      (attempt) => {
        const { method, prompt, reject } = attempt as unknown as {
          method: string;
          prompt(prompts: unknown[], then: (given: string[]) => void): void;
          reject(left: string[]): void;
        };
        if (method !== 'keyboard-interactive') return reject.call(attempt, ['keyboard-interactive']);
        const ask = (text: string, then: () => void) =>
          prompt.call(attempt, [{ prompt: text, echo: false }], (given) => {
            answers.push(...given);
            then();
          });
        ask('Password: ', () => ask('Code: ', () => reject.call(attempt, [])));
      },
    );
    expect(answers).toEqual(['tea', '']);
  });
});

describe('SH-14 what cannot be reached', () => {
  test('a refused connection, a name that does not exist and a silent host are typed errors with advice', async () => {
    await expect(openTcp('127.0.0.1', 1, 2000)).rejects.toMatchObject({
      code: 'node_unreachable',
      message: 'Nothing listens at 127.0.0.1:1: the connection was refused.',
    });
    await expect(openTcp('no-such-host.invalid', 22, 10_000)).rejects.toMatchObject({
      code: 'node_unreachable',
      message: expect.stringContaining('no-such-host.invalid'),
    });
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as AddressInfo;
    const startedAt = performance.now();
    const dialled = dialLab({ port, username: 'root' }, { credential: password('x'), pinned: undefined });
    await expect(dialled).rejects.toMatchObject({ code: 'node_unreachable' });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    silent.close();
  });

  test('a host that hangs up before it says anything is asked about', async () => {
    const shy = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await new Promise((resolve) => shy.once('listening', resolve));
    const { port } = shy.address() as AddressInfo;
    await expect(
      dialLab({ port, username: 'root' }, { credential: password('x'), pinned: undefined }),
    ).rejects.toMatchObject({ code: 'node_unreachable', message: expect.stringContaining('before it said anything') });
    shy.close();
  });

  test('a key that the host does not know tells what the host takes', async () => {
    await withSshd({}, async (server) => {
      const pinned = await scanHostKey(server.port);
      const credential: Credential = { kind: 'key', privateKey: generatePrivateKey() };
      await expect(dialLab(server, { credential, pinned })).rejects.toMatchObject({
        code: 'ssh_auth_failed',
        message: expect.stringContaining('It takes: publickey.'),
      });
    });
  });
});

describe('SH-15 weak algorithms', () => {
  const weak: [string, string[], string[]][] = [
    ['key exchange with SHA-1', ['KexAlgorithms diffie-hellman-group14-sha1'], []],
    ['block chaining', ['Ciphers aes128-cbc', 'MACs hmac-sha2-256'], []],
    ['triple DES', ['Ciphers 3des-cbc', 'MACs hmac-sha2-256'], []],
    ['host key signatures with SHA-1', ['HostKeyAlgorithms ssh-rsa'], ['-t', 'rsa', '-b', '2048']],
    ['message codes with SHA-1', ['Ciphers aes128-ctr', 'MACs hmac-sha1'], []],
  ];
  test.each(weak)('%s is refused, unless allowed for this node', async (name, config, keyOptions) => {
    const key = makeKey(
      `weak-${name.replaceAll(' ', '-')}`,
      ...(keyOptions.length > 0 ? keyOptions : ['-t', 'ed25519']),
    );
    await withSshd({ config, hostKeyPaths: [key.path] }, async (server) => {
      const credential = keyCredential(server.privateKey);
      const pinned = parseKeyLine(key.line);
      await expect(dialLab(server, { credential, pinned })).rejects.toMatchObject({
        code: 'node_unreachable',
        message: expect.stringContaining('allow weak algorithms'),
      });
      await dialAndLeave(server, { credential, pinned, allowsWeak: true });
    });
  });

  test('an exchange that is not strict is refused before anything is sent, unless allowed', async () => {
    const loose = async (allowsWeak: boolean): Promise<unknown> => {
      let result: unknown;
      await countAttempts(
        async ({ pinned, ...server }) => {
          result = await dialLab(server, { credential: password('x'), pinned, allowsWeak }).catch((e: unknown) => e);
        },
        (attempt) => (attempt as unknown as { reject(): void }).reject(),
      );
      return result;
    };
    const { concat } = Array.prototype;
    // The library announces strict exchange by adding a name to its list: it is kept from doing so.
    Array.prototype.concat = function (this: unknown[], ...more: unknown[]) {
      const joined = concat.apply(this, more as never) as unknown[];
      return joined.filter((one) => one !== 'kex-strict-s-v00@openssh.com');
    } as typeof concat;
    try {
      expect(String(await loose(false))).toContain('too old for strict key exchange');
      expect(await loose(true)).toMatchObject({ code: 'ssh_auth_failed' });
    } finally {
      Array.prototype.concat = concat;
    }
  });
});

describe('SH-17 dropbear', () => {
  let dropbear: DropbearServer;
  let hostKey: PublicKey;
  const user = makeKey('dropbear-user', '-t', 'ed25519');
  const rsa = makeKey('dropbear-rsa', '-t', 'rsa', '-b', '2048');
  const opened: Awaited<ReturnType<typeof openLabPool>>[] = [];
  beforeAll(async () => {
    dropbear = await startDropbear([user.line, rsa.line]);
    hostKey = await scanHostKey(dropbear.port);
  });
  afterAll(async () => {
    for (const { pool } of opened) pool.close('the test ended');
    await dropbear.stop();
  });

  test('key, RSA key and password are taken', async () => {
    for (const credential of [keyCredential(user.text), keyCredential(rsa.text), password(dropbear.password)]) {
      const { pool } = await openLabPool(dropbear, { credential, pinned: hostKey });
      const { stdout } = await collectOutput(await pool.exec(['whoami'], { timeoutMs: 5000 }), { maxBytes: 100 });
      expect(stdout).toBe(`${dropbear.username}\n`);
      pool.close('seen');
    }
  });

  describe('the pooled link', () =>
    linkConformance(
      async () => {
        const one = await openLabPool(dropbear, { credential: keyCredential(user.text), pinned: hostKey });
        opened.push(one);
        return { link: one.pool, cut: one.cut };
      },
      { endsCommands: true },
    ));
});
