/** Writes tar archives (POSIX ustar) whose bytes depend on the content alone: no owner, no time. */

const BLOCK_BYTES = 512;
const MAX_NAME_CHARS = 100;

export interface TarEntry {
  /** A directory ends with a slash. */
  name: string;
  mode: number;
  content?: Buffer;
}

const octal = (value: number, chars: number): string => `${value.toString(8).padStart(chars - 1, '0')}\0`;

const header = ({ name, mode, content }: TarEntry): Buffer => {
  if (name.length > MAX_NAME_CHARS)
    throw new Error(`a name of ${name.length} characters does not fit into the archive`);
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(name, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(content?.length ?? 0, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148); // the sum counts its own place as blanks
  block.write(name.endsWith('/') ? '5' : '0', 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
};

export const packTar = (entries: readonly TarEntry[]): Buffer => {
  const parts = entries.flatMap((entry) => {
    const content = entry.content ?? Buffer.alloc(0);
    return [header(entry), content, Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK_BYTES)]);
};
