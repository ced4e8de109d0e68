import { useCallback, useLayoutEffect, useRef } from 'react';

/** The same function for as long as the component lives; it does what the latest render said. Not for use while rendering. */
export const useStable = <Args extends unknown[], Result>(run: (...args: Args) => Result) => {
  const latest = useRef(run);
  useLayoutEffect(() => {
    latest.current = run;
  });
  return useCallback((...args: Args): Result => latest.current(...args), []);
};
