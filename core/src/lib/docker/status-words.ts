/**
 * The engine's way to say how long something is so ("Up 3 hours"). A row is read once and shown for days, so its age has to
 * go on growing without asking the engine: words → instant when read, instant → words when shown.
 */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: Record<string, number> = {
  second: SECOND,
  minute: MINUTE,
  hour: HOUR,
  day: DAY,
  week: 7 * DAY,
  month: 30 * DAY,
  year: 365 * DAY,
};

/** "About an hour" and the like; undefined for words that are none of the engine's. */
export const parseAgeMs = (words: string): number | undefined => {
  if (/^less than a second/i.test(words)) return 0;
  const found = /^(about an?|\d{1,6}) (second|minute|hour|day|week|month|year)s?\b/i.exec(words);
  const unitMs = UNITS[found?.[2]?.toLowerCase() ?? ''];
  if (unitMs === undefined) return undefined;
  const count = Number(found?.[1]);
  return (Number.isNaN(count) ? 1 : count) * unitMs;
};

export const ageWords = (ageMs: number): string => {
  const seconds = Math.max(0, Math.floor(ageMs / SECOND));
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(ageMs / MINUTE);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(ageMs / HOUR);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  const days = Math.floor(ageMs / DAY);
  if (days < 14) return `${days} days`;
  if (days < 60) return `${Math.floor(days / 7)} weeks`;
  return days < 730 ? `${Math.floor(days / 30)} months` : `${Math.floor(days / 365)} years`;
};
