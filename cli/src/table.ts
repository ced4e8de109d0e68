/** Text of nodes is hostile: control characters would move the cursor, set the title or write the clipboard. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to go
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
export const inert = (text: string): string => text.replaceAll(CONTROL, '\ufffd');

/** Output of a command for a terminal: lines and tabs stay, whatever else would steer the terminal goes. */
export const inertLines = (text: string): string =>
  text.replaceAll(CONTROL, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'));

/** Rows under a header in aligned columns, for people. Scripts take `--json`. */
export const formatTable = (header: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [header, ...rows].map((cells) => cells.map(inert));
  const widths = header.map((_, column) => Math.max(...all.map((cells) => (cells[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  return `${all.map(line).join('\n')}\n`;
};
