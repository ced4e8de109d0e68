import { LogLine } from '@serverbox/contract/containers';

/** Anything longer is not a log line (MAX_LOG_LINE_BYTES escaped to JSON stays below): the stream is broken. */
const MAX_PENDING_CHARS = 1024 * 1024;

interface LogDecoder {
  /** Takes the next bytes and returns the lines that became complete, in order. Throws on a stream that is no log. */
  push(bytes: Uint8Array): LogLine[];
}

/** Decodes newline-delimited JSON whose lines and UTF-8 sequences may be cut anywhere by the network. */
export const createLogDecoder = (): LogDecoder => {
  const utf8 = new TextDecoder();
  let pending = '';
  return {
    push: (bytes) => {
      const parts = (pending + utf8.decode(bytes, { stream: true })).split('\n');
      pending = parts.pop() ?? '';
      if (pending.length > MAX_PENDING_CHARS) throw new Error('The log stream sent a line without an end.');
      return parts.filter((part) => part !== '').map((part) => LogLine.parse(JSON.parse(part)));
    },
  };
};
