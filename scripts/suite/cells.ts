/**
 * The integration tests run twice: on the embedded database and on a server's. Those matched here bring their own servers or
 * need none, so the second run would only repeat what the first has shown: they run in the embedded cell alone.
 */
export const CELL_FREE: readonly string[] = [
  'bench/**',
  'core/src/features/containers/**',
  'core/src/features/events/**',
  'core/src/features/terminal/bridge.integration.test.ts',
  'core/src/lib/bus/**',
  'core/src/lib/db/embedded.integration.test.ts',
  'core/src/lib/docker/**',
  'core/src/lib/link/**',
  'core/src/lib/queue/redis-store.integration.test.ts',
  'lab/**',
  'test/**',
];

/** Where a test gets the database of the cell from. */
export const CELL_DATABASE = 'core/src/lib/db/testing.ts';

/** Whether this run is the server's cell: `daemon-lanes.ts` names the server. */
export const isServerCell = (env: NodeJS.ProcessEnv): boolean => (env.SERVERBOX_TEST_DATABASE_URL ?? '') !== '';
