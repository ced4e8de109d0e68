import { act, cleanup, fireEvent, renderHook } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { useFollow } from './use-follow.ts';

afterEach(cleanup);

/** A scroller of 100 px over 1,000 px of lines, scrolled to `top`. */
const aScroller = () => {
  const element = document.createElement('div');
  let top = 900;
  Object.defineProperties(element, {
    scrollHeight: { value: 1000 },
    clientHeight: { value: 100 },
    scrollTop: { get: () => top },
  });
  const scrollTo = (next: number) => {
    top = next;
    act(() => {
      fireEvent.scroll(element);
    });
  };
  return { element, scrollTo };
};

const follow = () => {
  const { element, scrollTo } = aScroller();
  const onChange = vi.fn();
  const { result } = renderHook(() => useFollow({ current: element }, onChange));
  return { element, scrollTo, onChange, isFollowing: () => result.current.isFollowing, hook: result };
};

test('an offset that moves by itself changes nothing', () => {
  const { scrollTo, isFollowing, onChange } = follow();
  scrollTo(300);
  expect(isFollowing()).toBe(true);
  expect(onChange).not.toHaveBeenCalled();
});

test('turning the wheel up stops following, and coming back to the end starts it again', () => {
  const { element, scrollTo, isFollowing, onChange } = follow();
  fireEvent.wheel(element, { deltaY: -100 });
  scrollTo(500);
  expect(isFollowing()).toBe(false);
  fireEvent.wheel(element, { deltaY: 100 });
  scrollTo(890);
  expect(isFollowing()).toBe(true);
  expect(onChange.mock.calls).toEqual([[false], [true]]);
});

test('keys that scroll count, other keys do not', () => {
  const { element, scrollTo, isFollowing } = follow();
  fireEvent.keyDown(element, { key: 'c' });
  scrollTo(500);
  expect(isFollowing()).toBe(true);
  fireEvent.keyDown(element, { key: 'PageUp' });
  scrollTo(400);
  expect(isFollowing()).toBe(false);
});

test('dragging the scroll bar counts until the button is let go', () => {
  const { element, scrollTo, isFollowing, hook } = follow();
  fireEvent.pointerDown(element);
  scrollTo(200);
  expect(isFollowing()).toBe(false);
  fireEvent.pointerUp(window);
  act(() => hook.current.setFollowing(true));
  scrollTo(300);
  expect(isFollowing()).toBe(true);
});
