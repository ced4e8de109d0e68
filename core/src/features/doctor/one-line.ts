/** Text that a machine printed, as part of a sentence: hostile until then. */
const MAX_CHARS = 400;

/** On one line, without control characters or such that turn the direction of text, and short. */
export const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_CHARS);
