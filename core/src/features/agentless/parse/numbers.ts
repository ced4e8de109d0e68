/** Numbers of kernel files. Null is not known, and never zero. */

export type Known = number | null;

/** What a counter of the kernel can be; anything else on its line makes the line unusable. */
const COUNTER = /^\d{1,20}$/;

/** The leading counters of a line, up to the first word that is none. */
export const countersOf = (line: string): number[] => {
  const counters: number[] = [];
  for (const word of line.trim().split(/\s+/, 64)) {
    if (!COUNTER.test(word)) break;
    counters.push(Number(word));
  }
  return counters;
};

export const numberOf = (text: string | undefined): Known => {
  if (text === undefined || !/^\d{1,20}(?:\.\d{1,9})?$/.test(text)) return null;
  return Number(text);
};

/** Growth of a counter in a second. One that went backwards was reset or wrapped: not known, never a spike. */
export const rateOf = (before: number | undefined, now: number, seconds: number): Known =>
  before === undefined || now < before || seconds <= 0 ? null : Math.round((now - before) / seconds);

/** A share between 0 and 1, to a thousandth. */
export const shareOf = (part: number, whole: number): Known =>
  whole <= 0 ? null : Math.round(Math.min(1, Math.max(0, part / whole)) * 1000) / 1000;

/** Not known as soon as one part is not. */
export const sumOf = (parts: readonly Known[]): Known =>
  parts.length === 0 ? null : parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0);
