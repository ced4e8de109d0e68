/** One message of a server-sent event stream. `id` is the last id seen so far (WHATWG HTML, section 9.2.6). */
export interface SseMessage {
  id: string;
  data: string;
}

/**
 * Parses a `text/event-stream` given in chunks cut anywhere. Returns a function that takes the next chunk and answers the
 * messages completed by it. Comments (keep-alives) and event names are ignored.
 */
export const createSseParser = (): ((chunk: string) => SseMessage[]) => {
  let rest = '';
  let id = '';
  let data: string[] = [];

  const takeLine = (line: string, messages: SseMessage[]) => {
    if (line === '') {
      if (data.length > 0) messages.push({ id, data: data.join('\n') });
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    if (field === 'id') id = value;
  };

  return (chunk) => {
    const messages: SseMessage[] = [];
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) takeLine(line.endsWith('\r') ? line.slice(0, -1) : line, messages);
    return messages;
  };
};
