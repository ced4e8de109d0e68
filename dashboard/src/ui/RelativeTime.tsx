import { useNow } from '../hooks/use-now.ts';
import type { InstantLike } from '../lib/format.ts';
import { formatAbsolute, formatRelative } from '../lib/format.ts';

/** "2 min ago", kept true while it is on screen; the absolute instant on hover. `isShort` leaves out "ago". */
export const RelativeTime = ({ at, isShort = false }: { at: InstantLike; isShort?: boolean }) => {
  const now = useNow(10_000);
  const text = formatRelative(at, now);
  const instant = new Date(at);
  return (
    <time
      dateTime={Number.isNaN(instant.getTime()) ? undefined : instant.toISOString()}
      data-tooltip={formatAbsolute(at)}
    >
      {isShort ? text.replace(/ ago$/, '') : text}
    </time>
  );
};
