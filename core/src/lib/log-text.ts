/** JSON log lines as text for a person at a terminal. Services and files get the JSON. */

const inert = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: node output in a field must not steer the terminal
  text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd');

const fieldText = ([key, value]: [string, unknown]): string => {
  if (typeof value === 'object' && value !== null && 'message' in value) return `${key}="${String(value.message)}"`;
  return `${key}=${typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value)}`;
};

/** `21:04:05 warn  node unlinked nodeId=…` — one line for one line. */
export const formatLogLine = (line: string): string => {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 19);
  const rest = Object.entries(fields).map(fieldText);
  return `${inert([`${clock} ${String(level).padEnd(5)} ${String(msg)}`, ...rest].join(' '))}\n`;
};

/** Where logs go: standard error, readable when that is a terminal. Standard output stays for what the operator must see. */
export const logDestination = (stream: NodeJS.WriteStream = process.stderr): { write(line: string): void } => ({
  write: (line) => {
    stream.write(stream.isTTY ? formatLogLine(line) : line);
  },
});
