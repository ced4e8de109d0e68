import type { RefObject } from 'react';
import { useCallback, useEffect, useState } from 'react';

/** Closer to the end than this counts as "at the end". */
const END_TOLERANCE_PX = 24;
/** A turn of the wheel or a key goes on scrolling for about so long. */
const GESTURE_MS = 400;
const SCROLL_KEYS: ReadonlySet<string> = new Set(['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End', ' ']);

/**
 * Whether a scroller sticks to its end: until somebody scrolls away from it, and again once they come back. Only what a
 * hand has done counts: the offset also moves by itself, when lines are measured or leave, and that is nobody's wish.
 */
export const useFollow = (scroller: RefObject<HTMLElement | null>, onChange: (isFollowing: boolean) => void) => {
  const [isFollowing, setFollowing] = useState(true);

  const change = useCallback(
    (next: boolean) => {
      setFollowing(next);
      onChange(next);
    },
    [onChange],
  );

  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const stop = new AbortController();
    let gestureUntilMs = 0;
    let isPointerDown = false;
    const gesture = () => {
      gestureUntilMs = performance.now() + GESTURE_MS;
    };
    const onScroll = () => {
      if (!isPointerDown && performance.now() > gestureUntilMs) return;
      change(element.scrollHeight - element.scrollTop - element.clientHeight < END_TOLERANCE_PX);
    };
    const options = { passive: true, signal: stop.signal };
    element.addEventListener('scroll', onScroll, options);
    element.addEventListener('wheel', gesture, options);
    element.addEventListener('touchmove', gesture, options);
    element.addEventListener('keydown', ({ key }) => SCROLL_KEYS.has(key) && gesture(), options);
    // Dragging the scroll bar.
    element.addEventListener('pointerdown', () => (isPointerDown = true), options);
    window.addEventListener('pointerup', () => (isPointerDown = false), options);
    return () => stop.abort();
  }, [scroller, change]);

  return { isFollowing, setFollowing: change };
};
