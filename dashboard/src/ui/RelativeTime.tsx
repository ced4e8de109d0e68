import { useNow } from '../hooks/use-now.ts';
import type { InstantLike } from '../lib/format.ts';
import { formatAbsolute, formatRelative } from '../lib/format.ts';

/** "2 min ago" as a state that lasts: "for 2 min". It has begun, though the clock of the core may be ahead of ours. */
const lasting = (text: string): string => (text.endsWith(' ago') ? `for ${text.slice(0, -4)}` : 'just now');

/** "2 min ago", kept true while it is on screen; the absolute instant on hover. `isLasting`: "for 2 min". */
export const RelativeTime = ({ at, isLasting = false }: { at: InstantLike; isLasting?: boolean }) => {
  const now = useNow(10_000);
  const text = formatRelative(at, now);
  const instant = new Date(at);
  return (
    <time
      dateTime={Number.isNaN(instant.getTime()) ? undefined : instant.toISOString()}
      data-tooltip={formatAbsolute(at)}
    >
      {isLasting ? lasting(text) : text}
    </time>
  );
};
