/** The engine's exec, call by call. */
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerId } from '@serverbox/contract/ids';
import { AppError } from '../errors.ts';
import type { ExecEnd } from '../link/link.ts';
import type { EngineHttp } from './engine-http.ts';
import { ExecCreated, ExecInspect } from './replies.ts';

const EXEC_TIMEOUT_MS = 15_000;
const EXIT_CODE_TIMEOUT_MS = 2000;
const EXIT_CODE_PAUSE_MS = 20;

export interface ExecCalls {
  /** A program on a TTY, started and attached. Closing the stream does not end the program. */
  startTty(
    id: ContainerId,
    argv: readonly string[],
    env: readonly string[],
  ): Promise<{ execId: string; stream: Duplex }>;
  /** A program that nobody listens to. Returns when it was started. */
  startDetached(id: ContainerId, argv: readonly string[]): Promise<void>;
  resize(execId: string, cols: number, rows: number): Promise<void>;
  /** How it ended; to be asked when its output has ended. */
  endOf(execId: string): Promise<ExecEnd>;
}

export const createExecCalls = (http: EngineHttp): ExecCalls => {
  const create = async (id: ContainerId, options: Record<string, unknown>): Promise<string> => {
    const call = { method: 'POST' as const, path: `/containers/${id}/exec` as const, timeoutMs: EXEC_TIMEOUT_MS };
    return (await http.json({ ...call, body: options }, ExecCreated)).Id;
  };
  return {
    startTty: async (id, argv, env) => {
      const attach = { AttachStdin: true, AttachStdout: true, AttachStderr: true };
      const execId = await create(id, { ...attach, Tty: true, Env: env, Cmd: argv });
      return { execId, stream: await http.hijack(`/exec/${execId}/start`, { Detach: false, Tty: true }) };
    },
    startDetached: async (id, argv) => {
      const path = `/exec/${await create(id, { Cmd: argv })}/start` as const;
      await http.send({ method: 'POST', path, body: { Detach: true, Tty: false }, timeoutMs: EXEC_TIMEOUT_MS });
    },
    resize: (execId, cols, rows) => {
      const query = { w: cols, h: rows };
      return http.send({ method: 'POST', path: `/exec/${execId}/resize`, query, timeoutMs: EXEC_TIMEOUT_MS });
    },
    endOf: async (execId) => {
      const path = `/exec/${execId}/json` as const;
      const until = performance.now() + EXIT_CODE_TIMEOUT_MS;
      for (;;) {
        const exec = await http.json({ method: 'GET', path, timeoutMs: EXEC_TIMEOUT_MS }, ExecInspect);
        if (!exec.Running && typeof exec.ExitCode === 'number') return { kind: 'exit', code: exec.ExitCode };
        // The output ends a moment before the engine has the exit code.
        if (performance.now() > until) throw new AppError('docker_error', 'Docker does not say how the shell ended.');
        await sleep(EXIT_CODE_PAUSE_MS);
      }
    },
  };
};
