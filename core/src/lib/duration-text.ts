/** "45 seconds", "3 minutes", "5 hours", "12 days". */
export const durationText = (ms: number): string => {
  const units = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ] as const;
  const [unitMs, name] = units.find(([size]) => ms >= 2 * size) ?? ([1000, 'second'] as const);
  const count = Math.max(1, Math.floor(ms / unitMs));
  return `${count} ${name}${count === 1 ? '' : 's'}`;
};
