import type { NumberedLine } from '../../components/logs/log-ring.ts';

/** More lines than these are not drawn: nobody reads them here, and a thousand nodes may each have that many. */
export const MAX_LINES = 2000;

const split = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** Standard output, then standard error: how they were mixed is not known. */
export const linesOf = (stdout: string, stderr: string): { lines: NumberedLine[]; leftOut: number } => {
  const all = [
    ...split(stdout).map((text) => ({ stream: 'stdout' as const, text })),
    ...split(stderr).map((text) => ({ stream: 'stderr' as const, text })),
  ];
  const lines = all
    .slice(0, MAX_LINES)
    .map((line, number): NumberedLine => ({ ...line, number, at: null, cut: false }));
  return { lines, leftOut: all.length - lines.length };
};
