import type { Engine } from '../engine.ts';

export type ExecResult = { exitCode: number; stdout: string; stderr: string };

const HEADER_BYTES = 8;
const STDERR = 2;

/** Takes apart what the engine sends for both outputs: a header of the stream and the length, then that many bytes. */
export const splitOutputs = (answer: Buffer): { stdout: string; stderr: string } => {
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  for (let at = 0; at + HEADER_BYTES <= answer.length; ) {
    const end = at + HEADER_BYTES + answer.readUInt32BE(at + 4);
    parts[answer[at] === STDERR ? 'stderr' : 'stdout'].push(answer.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  return { stdout: Buffer.concat(parts.stdout).toString(), stderr: Buffer.concat(parts.stderr).toString() };
};

/** Runs a program in a container as root and waits for its end, at most a minute. */
export const execIn = async (engine: Engine, id: string, argv: readonly string[]): Promise<ExecResult> => {
  const body = { Cmd: argv, AttachStdout: true, AttachStderr: true };
  const exec = (await engine.call('POST', `/containers/${id}/exec`, body)) as { Id: string };
  const answer = await engine.read('POST', `/exec/${exec.Id}/start`, { Detach: false, Tty: false });
  const { ExitCode } = (await engine.call('GET', `/exec/${exec.Id}/json`)) as { ExitCode: number };
  return { exitCode: ExitCode, ...splitOutputs(answer) };
};
