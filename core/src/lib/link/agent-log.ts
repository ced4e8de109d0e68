/** The log of an agent that is our child: JSON lines on its stderr, joined into ours. */
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Log } from '../log.ts';

const MAX_LINE_CHARS = 16 * 1024;

const Line = z.looseObject({
  time: z.string().optional(),
  level: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
  msg: z.string(),
});
const METHODS = { DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

const parseLine = (line: string): z.infer<typeof Line> | undefined => {
  try {
    return Line.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined; // not JSON: a panic's stack, which is logged as it is
  }
};

/** Repeats one line with our own time stamp. What is not in the agent's format is most likely a crash: a warning. */
export const logAgentLine = (log: Log, line: string): void => {
  const parsed = parseLine(line);
  if (parsed === undefined) {
    log.warn('local agent printed', { line });
    return;
  }
  const { time: _time, level, msg, ...fields } = parsed;
  log[METHODS[level]](msg, fields);
};

/** Calls `receive` for each line; a longer line than 16 KiB is cut into pieces. */
export const onLines = (stream: Readable, receive: (line: string) => void): void => {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') receive(line.slice(0, MAX_LINE_CHARS));
    if (rest.length > MAX_LINE_CHARS) {
      receive(rest.slice(0, MAX_LINE_CHARS));
      rest = '';
    }
  });
  stream.on('end', () => {
    if (rest.trim() !== '') receive(rest);
  });
};
