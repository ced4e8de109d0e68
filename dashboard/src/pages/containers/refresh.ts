import type { ContainerList } from '@serverbox/contract/containers';

const REFRESH_MS = 5000;
const REFRESH_LARGE_MS = 30_000;
const LARGE_ROWS = 500;

/**
 * How often a list is read for its figures; states come by events at once. Ten thousand containers are several megabytes,
 * which nobody needs every five seconds.
 */
export const refreshEveryMs = (list: ContainerList | undefined): number =>
  (list?.items.length ?? 0) > LARGE_ROWS ? REFRESH_LARGE_MS : REFRESH_MS;
