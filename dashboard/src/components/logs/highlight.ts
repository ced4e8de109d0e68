import type { AnsiSpan, AnsiStyle } from './ansi.ts';

interface Piece {
  text: string;
  style: AnsiStyle;
  isMatch: boolean;
}

/** Where `query` occurs, ignoring case, without overlaps. An empty query occurs nowhere. */
export const findMatches = (text: string, query: string): { from: number; to: number }[] => {
  if (query === '') return [];
  // A regular expression, because lower-casing a whole line may change its length and shift every place in it.
  const literal = query.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return [...text.matchAll(new RegExp(literal, 'giu'))].map((match) => ({
    from: match.index,
    to: match.index + match[0].length,
  }));
};

/** Cuts styled spans so that each occurrence of `query`, even across spans, is made of pieces of its own. */
export const highlight = (spans: readonly AnsiSpan[], query: string): Piece[] => {
  const text = spans.map((span) => span.text).join('');
  const edges = findMatches(text, query).flatMap(({ from, to }) => [from, to]);
  const pieces: Piece[] = [];
  let offset = 0;
  let edge = 0;
  for (const span of spans) {
    const end = offset + span.text.length;
    let at = offset;
    while (at < end) {
      while ((edges[edge] ?? Number.POSITIVE_INFINITY) <= at) edge += 1;
      const stop = Math.min(end, edges[edge] ?? end);
      // Between an odd number of passed edges and the next one lies a match.
      pieces.push({ text: text.slice(at, stop), style: span.style, isMatch: edge % 2 === 1 });
      at = stop;
    }
    offset = end;
  }
  return pieces;
};
