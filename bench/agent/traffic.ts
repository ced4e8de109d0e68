/** What a process has sent over TCP, by the kernel's own count: payload of its connections to one local port. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** @throws Error unless the process has exactly one such connection */
export const readSentBytes = async (pid: number, port: number): Promise<number> => {
  const { stdout } = await promisify(execFile)('ss', ['-tnipHO', 'state', 'established', `dport = :${port}`]);
  const lines = stdout.split('\n').filter((line) => line.includes(`pid=${pid},`));
  const sent = /\bbytes_sent:(\d+)/.exec(lines[0] ?? '');
  if (lines.length !== 1 || sent === null)
    throw new Error(`process ${pid} has ${lines.length} connections to port ${port}`);
  return Number(sent[1]);
};
