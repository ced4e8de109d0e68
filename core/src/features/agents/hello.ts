import type { Duplex } from 'node:stream';
import { HelloMessage, MAX_WIRE_LINE_BYTES } from '@serverbox/contract/wire';
import type { z } from 'zod';
import { messageOf } from '../../lib/errors.ts';

const NEWLINE = 10;
const HELLO_TIMEOUT_MS = 10_000;

export type Hello = z.infer<typeof HelloMessage>;

const readFirstLine = (stream: Duplex): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const settle = (end: () => void) => {
      clearTimeout(timer);
      stream.off('data', onData).off('close', onClose).pause();
      end();
    };
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.includes(NEWLINE)) settle(() => resolve(received));
      else if (received.length > MAX_WIRE_LINE_BYTES) settle(() => reject(new Error('the first line is too long')));
    };
    const onClose = () => settle(() => reject(new Error('the stream ended before hello')));
    const timer = setTimeout(() => settle(() => reject(new Error('no hello came in time'))), HELLO_TIMEOUT_MS);
    stream.on('data', onData).on('close', onClose);
  });

/**
 * Reads the agent's first message and puts it back, so that the next reader finds the stream untouched. Undefined when the
 * agent says no valid hello: that reader will find out the same and say why.
 */
export const peekHello = async (stream: Duplex): Promise<Hello | { problem: string }> => {
  try {
    const received = await readFirstLine(stream);
    stream.unshift(received);
    const line = received.subarray(0, received.indexOf(NEWLINE)).toString('utf8');
    const parsed = HelloMessage.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : { problem: 'hello does not fit the schema' };
  } catch (error) {
    return { problem: messageOf(error) };
  }
};
