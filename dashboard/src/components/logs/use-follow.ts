import type { RefObject } from 'react';
import { useCallback, useEffect, useRef, useState } from 'react';

/** Closer to the end than this counts as "at the end". */
const END_TOLERANCE_PX = 24;

/**
 * Whether a scroller sticks to its end: yes until somebody scrolls up, again once they come back down. Only a shrinking
 * offset is taken for a person's wish, because new lines and the sticking itself never make it smaller.
 */
export const useFollow = (scroller: RefObject<HTMLElement | null>, onChange: (isFollowing: boolean) => void) => {
  const [isFollowing, setFollowing] = useState(true);
  const lastTop = useRef(0);

  const change = useCallback(
    (next: boolean) => {
      setFollowing(next);
      onChange(next);
    },
    [onChange],
  );

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const onScroll = () => {
      const movedUp = element.scrollTop < lastTop.current;
      lastTop.current = element.scrollTop;
      const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < END_TOLERANCE_PX;
      if (isAtEnd) change(true);
      else if (movedUp) change(false);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => element.removeEventListener('scroll', onScroll);
  }, [scroller, change]);

  return { isFollowing, setFollowing: change };
};
