/**
 * How well a query fits a text: undefined when its letters do not occur in order, else higher is better. Letters in a row
 * and letters at the beginning of a word count more, so that "wp" finds "web-proxy" before "swap".
 */
export const fuzzyScore = (query: string, text: string): number | undefined => {
  const wanted = query.toLowerCase().replaceAll(/\s+/g, '');
  const lower = text.toLowerCase();
  const plain = lower.indexOf(query.toLowerCase().trim());
  if (plain !== -1) return 1000 + (plain === 0 ? 500 : isWordStart(lower, plain) ? 250 : 0) - text.length;
  let score = 0;
  let at = -1;
  for (const letter of wanted) {
    const next = lower.indexOf(letter, at + 1);
    if (next === -1) return undefined;
    if (next === at + 1) score += 8;
    else if (isWordStart(lower, next)) score += 6;
    else score -= Math.min(4, next - at - 1);
    at = next;
  }
  return score - text.length / 10;
};

const isWordStart = (text: string, index: number): boolean => index === 0 || /[\s._\-/:]/.test(text[index - 1] ?? '');
