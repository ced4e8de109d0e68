/**
 * Programs of a benchmark that run in processes of their own, so that the measuring side neither slows them nor counts as
 * theirs. The starter asks by name and the program answers (see `serve.ts`); a program ends with its starter.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pinnedNodeFlags } from '../../scripts/lib/platform.mjs';

export interface Program {
  pid: number;
  /** @throws Error with the program's own message, or when it has ended */
  ask<T>(name: string, argument?: unknown): Promise<T>;
  stop(): Promise<void>;
}

interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const LOADER = import.meta.resolve('./loader.ts');
/** As the core itself is started. */
const FLAGS = [...pinnedNodeFlags, '--import', LOADER];

/** @param url of the program's module, from `import.meta.resolve` */
export const startProgram = async (url: string, ...args: string[]): Promise<Program> => {
  const path = fileURLToPath(url);
  const child = fork(path, args, { execArgv: FLAGS, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const waiting = new Map<number, (answer: Answer) => void>();
  const ended = () => {
    for (const settle of waiting.values()) settle({ id: 0, error: `${path} ended` });
  };
  child.once('exit', ended);
  child.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  let lastId = 0;
  const ask = async <T>(name: string, argument?: unknown): Promise<T> => {
    if (!child.connected) throw new Error(`${path} has ended`);
    lastId += 1;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    waiting.set(lastId, resolve);
    child.send({ id: lastId, name, argument });
    const { error, value } = await promise;
    if (error !== undefined) throw new Error(error);
    return value as T;
  };
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    const cut = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    if (child.exitCode === null && child.signalCode === null) await exited;
    clearTimeout(cut);
  };
  const late = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  try {
    await ask('ready');
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(late);
  }
  return { pid: Number(child.pid), ask, stop };
};
