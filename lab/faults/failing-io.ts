/**
 * Makes system calls of a running process fail, as a dying disk would: strace attaches to it, and to its later children, and
 * injects the error. For as long as it lasts the process runs slower. Needs the right to trace.
 */
import { startDaemon } from '../daemon.ts';
import { getProgram } from '../programs.ts';

export type IoFault = {
  /** System calls as strace names them, e.g. `fsync`. */
  calls: readonly string[];
  error: 'EIO' | 'ENOSPC';
};

export type FailingIo = {
  /** Detaches: the process goes on unharmed. */
  stop(): Promise<void>;
};

/** Resolves when every one of `pids` is traced: from then on the calls fail. The last one must not end meanwhile. */
export const startFailingIo = async (pids: readonly number[], { calls, error }: IoFault): Promise<FailingIo> => {
  const list = calls.join(',');
  const daemon = await startDaemon({
    argv: [
      getProgram('strace'),
      '-f',
      ...['-e', `trace=${list}`, '-e', `inject=${list}:error=${error}`],
      ...pids.flatMap((pid) => ['-p', String(pid)]),
    ],
    // One line for each, in this order.
    readyLine: new RegExp(`Process ${pids.at(-1)} attached`),
    stopSignal: 'SIGINT',
  });
  return { stop: daemon.stop };
};
