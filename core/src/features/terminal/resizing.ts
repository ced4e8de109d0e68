const INTERVAL_MS = 50;

/**
 * Passes the first resize on at once and then at most one in 50 ms, always ending with the last: a dragged window border
 * makes hundreds, and each is a message to the node.
 */
export const createResizer = (resize: (cols: number, rows: number) => void) => {
  let next: { cols: number; rows: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  const onTimer = () => {
    timer = undefined;
    if (next !== undefined) apply(next);
  };
  const apply = ({ cols, rows }: { cols: number; rows: number }) => {
    next = undefined;
    resize(cols, rows);
    timer = setTimeout(onTimer, INTERVAL_MS);
  };
  return {
    request: (cols: number, rows: number): void => {
      if (timer === undefined) apply({ cols, rows });
      else next = { cols, rows };
    },
    stop: (): void => clearTimeout(timer),
  };
};
