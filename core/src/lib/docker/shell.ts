/**
 * Interactive shells inside containers. The engine leaves an exec running when its client goes away, so the shell first says
 * its process id, by which it is hung up at the end.
 */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { ContainerId } from '@serverbox/contract/ids';
import { AppError, messageOf } from '../errors.ts';
import type { PtyOptions, PtyStream } from '../link/link.ts';
import type { Log } from '../log.ts';
import type { EngineHttp } from './engine-http.ts';
import type { ExecCalls } from './exec-calls.ts';
import { createExecCalls } from './exec-calls.ts';
import { readUntil } from './read-until.ts';

const PREAMBLE_TIMEOUT_MS = 10_000;
const MAX_PREAMBLE_BYTES = 65_536;

/** Tried in this order; the first one that starts looks for bash and else stays what it is. */
const SHELLS: readonly (readonly string[])[] = [['sh'], ['bash'], ['/busybox/sh'], ['busybox', 'sh']];
/** "$1" is the mark, the rest the shell itself. `exec` keeps the process id that was told. */
const BEGIN = `printf '%s:%s\\n' "$1" "$$"; shift; command -v bash >/dev/null 2>&1 && exec bash; exec "$@"`;
/** HUP as a closed terminal sends it; what ignores that gets KILL. As session leader it takes its foreground job along. */
const HANG_UP = `kill -HUP "$1"; n=0
while kill -0 "$1" 2>/dev/null && [ "$n" -lt 20 ]; do n=$((n + 1)); sleep 0.1; done
kill -0 "$1" 2>/dev/null && kill -KILL "$1"`;

export interface DockerShells {
  /**
   * Starts bash, sh or busybox's sh, whichever is there, on a TTY. Close it: otherwise the shell runs on.
   * @throws AppError `conflict` when the container has no shell or does not run | `docker_unavailable` | `timed_out`
   */
  openShell(id: ContainerId, options: PtyOptions): Promise<PtyStream>;
}

interface Started {
  execId: string;
  stream: Duplex;
  shell: readonly string[];
  /** In the container's own numbering. */
  pid: string;
}

/** Reads up to the line in which the shell tells its id. Undefined: the stream ended, so there is no such shell. */
const readPid = async (stream: Duplex, mark: string): Promise<string | undefined> => {
  const line = new RegExp(`${mark}:(\\d{1,10})\\r?\\n`);
  const timer = setTimeout(() => {
    stream.destroy(new AppError('timed_out', 'The shell did not start in time.'));
  }, PREAMBLE_TIMEOUT_MS);
  try {
    const bytes = await readUntil(stream, (seen) => {
      const found = line.exec(seen.toString('latin1'));
      if (found !== null) return found.index + found[0].length;
      if (seen.length > MAX_PREAMBLE_BYTES) throw new AppError('docker_error', 'The shell did not start as it should.');
      return undefined;
    });
    return line.exec(bytes?.toString('latin1') ?? '')?.[1];
  } finally {
    clearTimeout(timer);
  }
};

const tryShell = async (
  calls: ExecCalls,
  { id, shell, term }: { id: ContainerId; shell: readonly string[]; term: string },
): Promise<Started | undefined> => {
  const mark = `serverbox-${randomBytes(8).toString('hex')}`;
  const argv = [...shell, '-c', BEGIN, 'serverbox', mark, ...shell];
  const { execId, stream } = await calls.startTty(id, argv, [`TERM=${term}`]);
  let pid: string | undefined;
  try {
    pid = await readPid(stream, mark);
  } finally {
    if (pid === undefined) stream.destroy();
  }
  return pid === undefined ? undefined : { execId, stream, shell, pid };
};

/** Newer engines refuse a missing program with an error status, older ones say so in the stream. */
const isMissingProgram = (error: unknown): boolean =>
  error instanceof AppError &&
  (error.code === 'docker_error' || error.code === 'not_found') &&
  /executable file|no such file|not found in \$PATH/i.test(error.message);

const startShell = async (calls: ExecCalls, id: ContainerId, term: string): Promise<Started> => {
  for (const shell of SHELLS) {
    try {
      const started = await tryShell(calls, { id, shell, term });
      if (started !== undefined) return started;
    } catch (error) {
      // The next shell may be there.
      if (!isMissingProgram(error)) throw error;
    }
  }
  throw new AppError('conflict', 'This container has no shell: neither sh, bash nor busybox starts in it.');
};

export const createDockerShells = (http: EngineHttp, log: Log): DockerShells => {
  const calls = createExecCalls(http);

  const hangUp = async (id: ContainerId, { shell, pid }: Started): Promise<void> => {
    try {
      await calls.startDetached(id, [...shell, '-c', HANG_UP, 'serverbox', pid]);
    } catch (error) {
      const isGone = error instanceof AppError && (error.code === 'not_found' || error.code === 'conflict');
      // A container that stopped took its shells along; anything else may have left one behind.
      if (!isGone) log.warn('container shell was not hung up', { containerId: id, problem: messageOf(error) });
    }
  };

  const ptyOf = (id: ContainerId, started: Started): PtyStream => {
    const { execId, stream } = started;
    let isOver = false;
    let isClosing = false;
    const over = new Promise<void>((resolve) => {
      for (const event of ['end', 'close'] as const) stream.once(event, resolve);
    });
    const ended = over.then(() => {
      isOver = true;
      stream.end();
      return calls.endOf(execId);
    });
    // Whoever never asks how it ended must not be punished with an unhandled rejection.
    ended.catch((error: unknown) => log.debug('end of container shell unknown', { problem: messageOf(error) }));
    return {
      stream,
      ended,
      resize: (cols, rows) => {
        calls.resize(execId, cols, rows).catch((error: unknown) => {
          // The shell has just ended; its last size does not matter any more.
          log.debug('container shell was not resized', { containerId: id, problem: messageOf(error) });
        });
      },
      close: () => {
        if (isOver || isClosing) return;
        isClosing = true;
        void hangUp(id, started).finally(() => stream.destroy());
      },
    };
  };

  return {
    openShell: async (id, { cols, rows, term }) => {
      const pty = ptyOf(id, await startShell(calls, id, term));
      pty.resize(cols, rows);
      return pty;
    },
  };
};
