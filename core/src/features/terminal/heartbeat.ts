import type { WebSocket } from 'ws';
import type { Clock } from '../../lib/clock.ts';

export const PING_INTERVAL_MS = 15_000;

/**
 * Pings the browser, which also keeps proxies from closing an idle connection, and reports it dead when nothing came back
 * for nearly two intervals: by the third ping at the latest, within 45 s. `isReading` false: we are not listening ourselves.
 */
export const startHeartbeat = (
  socket: WebSocket,
  clock: Clock,
  { intervalMs, isReading, onDead }: { intervalMs: number; isReading(): boolean; onDead(): void },
): (() => void) => {
  let lastSeenMs = clock.monotonicMs();
  const onSign = () => {
    lastSeenMs = clock.monotonicMs();
  };
  socket.on('message', onSign).on('pong', onSign);
  const timer = setInterval(() => {
    if (!isReading()) onSign();
    if (clock.monotonicMs() - lastSeenMs > intervalMs * 1.9) onDead();
    else if (socket.readyState === socket.OPEN) socket.ping();
  }, intervalMs);
  return () => {
    clearInterval(timer);
    socket.off('message', onSign).off('pong', onSign);
  };
};
