import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { signIn } from '@serverbox/sdk';
import type { CliCommand } from '../../command.ts';
import { DEFAULT_URL, save, sessionPath } from '../../session.ts';

/** Asks on the terminal without echo; from a pipe it reads one line, so that no password has to stand in argv. */
const readPassword = async (): Promise<string> => {
  process.stderr.write('Password: ');
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: muted, terminal: process.stdin.isTTY === true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
};

export const command: CliCommand = {
  name: 'login',
  summary: 'Sign in and keep the session for later commands; the password is read from standard input',
  declare: (command) => command.requiredOption('--email <address>', 'e-mail of the account'),
  run: async ({ options, print }, _, { email }) => {
    const url = options.url ?? process.env.SERVERBOX_URL ?? DEFAULT_URL;
    const { refreshToken, user } = await signIn(url, { email: String(email), password: await readPassword() });
    save(sessionPath(process.env), { url, refreshToken });
    print({ url, user }, () => `Signed in at ${url} as ${user.email}.\n`);
    return undefined;
  },
};
