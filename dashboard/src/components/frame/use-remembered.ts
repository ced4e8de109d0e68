import { useState } from 'react';

/** A yes-or-no choice of this browser that survives a reload. */
export const useRememberedFlag = (key: string): [boolean, (value: boolean) => void] => {
  const [value, setValue] = useState(() => localStorage.getItem(key) === '1');
  const remember = (next: boolean) => {
    setValue(next);
    localStorage.setItem(key, next ? '1' : '0');
  };
  return [value, remember];
};
