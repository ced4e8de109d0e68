/** A line of words as a person types them, and back. Quotes and backslashes as in a shell; nothing is ever expanded. */

const PLAIN = /^[\w@%+=:,./-]+$/;
/** Single quotes, double quotes, a backslash with its character, white space, plain text; a lone quote falls to the last. */
const PIECES =
  /'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|\\(?<escaped>.)|(?<space>\s+)|(?<plain>[^\s'"\\]+)|(?<lone>.)/gs;

export type Split = { words: string[] } | { problem: string };

const textOf = ({ single, double, escaped, plain }: Record<string, string | undefined>): string =>
  // Inside double quotes a backslash only means something before these.
  single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '';

/** `grep "a b" 'c'` → grep, a b, c. A quote that is not closed is a problem. */
export const splitWords = (line: string): Split => {
  const words: string[] = [];
  let word: string | undefined;
  for (const { groups = {} } of line.matchAll(PIECES)) {
    if (groups.lone !== undefined)
      return {
        problem: groups.lone === '\\' ? 'Nothing follows the last \\' : `A quote is not closed: ${groups.lone}`,
      };
    if (groups.space === undefined) word = (word ?? '') + textOf(groups);
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return { words: word === undefined ? words : [...words, word] };
};

/** The line that `splitWords` reads as these words. */
export const joinWords = (words: readonly string[]): string =>
  words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
