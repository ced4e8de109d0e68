/**
 * The only place where words become a command line. SSH's `exec` request carries one string: sshd gives it to the user's
 * shell, the agent splits it by the same grammar and runs it directly. Every word is quoted, whether it needs it or not, so
 * that there is no list of dangerous characters to be wrong about.
 */
import { AppError } from '../errors.ts';

/** Linux takes no longer argument (MAX_ARG_STRLEN), and SSH servers take no much longer packet. */
const MAX_COMMAND_BYTES = 128 * 1024;

/** One word for a POSIX shell: inside single quotes nothing is special but the quote itself (POSIX XCU 2.2.2). */
const quoteWord = (word: string): string => {
  // Programs receive their arguments as C strings: a NUL would silently cut one short.
  if (word.includes('\0')) throw new AppError('bad_request', 'A command cannot contain a NUL byte.');
  return `'${word.replaceAll("'", "'\\''")}'`;
};

/**
 * The command line that any POSIX shell splits into exactly these words.
 * @throws AppError `bad_request` for a word with a NUL byte, or when the line is longer than 128 KiB
 */
export const quoteArgv = (argv: readonly [string, ...string[]]): string => {
  const line = argv.map(quoteWord).join(' ');
  if (Buffer.byteLength(line) > MAX_COMMAND_BYTES) throw new AppError('bad_request', 'The command is too long.');
  return line;
};
