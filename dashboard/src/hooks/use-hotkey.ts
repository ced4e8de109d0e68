import { useEffect, useEffectEvent } from 'react';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable], .xterm') !== null;

/** Whether a key press is the combination, written like `mod+k` (⌘ on Apple, Ctrl elsewhere), `?` or `shift+n`. */
export const isHotkey = (event: KeyboardEvent, combo: string): boolean => {
  const parts = combo.toLowerCase().split('+');
  const key = parts.at(-1);
  const hasMod = event.metaKey || event.ctrlKey;
  if (parts.includes('mod') !== hasMod || event.altKey !== parts.includes('alt')) return false;
  // A sign such as "?" needs Shift on some keyboards and not on others, so Shift counts only when it is asked for.
  if (parts.includes('shift') && !event.shiftKey) return false;
  return event.key.toLowerCase() === key;
};

/** Runs `onPress` on a key combination. Single keys are left alone while somebody types. */
export const useHotkey = (combo: string, onPress: (event: KeyboardEvent) => void): void => {
  const press = useEffectEvent(onPress);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!isHotkey(event, combo) || (!combo.includes('mod') && isTyping(event.target))) return;
      event.preventDefault();
      press(event);
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [combo]);
};
