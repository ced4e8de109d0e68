import type { LogLine } from '@serverbox/contract/containers';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useHttp } from '../../hooks/use-session-keeper.ts';
import type { AnsiSpan } from './ansi.ts';
import { parseAnsi, plainText } from './ansi.ts';
import { getLogBody, isBrokenNetwork } from './log-request.ts';
import type { NumberedLine } from './log-ring.ts';
import { createLogRing, createLogView, LOG_CAPACITY } from './log-ring.ts';
import type { LogStreamState } from './log-stream.ts';
import { followLog } from './log-stream.ts';
import { nextFrame, sleep } from './pace.ts';

export type StreamChoice = 'all' | LogLine['stream'];

interface LogTarget {
  nodeId: string;
  containerId: string;
  /** "15m": how far back to begin; undefined: the last lines whenever they were. */
  since: string | undefined;
}

interface ReadLine {
  line: NumberedLine;
  spans: readonly AnsiSpan[];
  text: string;
}

export interface Log {
  state: LogStreamState;
  /** Numbers of the lines that pass the filter; `read` turns one into what is drawn. */
  numbers: readonly number[];
  read(number: number): ReadLine | undefined;
  droppedCount: number;
  /** The buffer is full and reading waits, because whoever reads further up would lose lines under their eyes. */
  isHeld: boolean;
  clear(): void;
  restart(): void;
  setFollowing(isFollowing: boolean): void;
}

/** Holds reading back while the buffer is full and somebody reads its older lines. */
const createGate = () => {
  let isFollowing = true;
  let waiting: (() => void)[] = [];
  return {
    isFollowing: () => isFollowing,
    set: (next: boolean) => {
      isFollowing = next;
      if (!next) return;
      const released = waiting;
      waiting = [];
      for (const release of released) release();
    },
    untilOpen: (signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        waiting.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
};

/** Feeds a container's log to the screen: one stream at a time, started anew when the target or `restart` says so. */
export const useLog = (target: LogTarget, choice: StreamChoice): Log => {
  const http = useHttp();
  const { nodeId, containerId, since } = target;
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<LogStreamState>({ is: 'connecting' });
  const [isHeld, setIsHeld] = useState(false);
  const [, setVersion] = useState(0);
  const redraw = useCallback(() => setVersion((version) => version + 1), []);
  const [gate] = useState(createGate);

  // A new target, or the same one read again, starts with an empty buffer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the identity of the log decides, not a value used inside.
  const ring = useMemo(() => createLogRing(), [nodeId, containerId, since, attempt]);
  const view = useMemo(() => createLogView(ring, (line) => choice === 'all' || line.stream === choice), [ring, choice]);
  view.update();

  useEffect(() => {
    const abort = new AbortController();
    const untilRoom = async (signal: AbortSignal) => {
      await nextFrame(signal);
      if (gate.isFollowing() || ring.nextNumber() - ring.firstNumber() < LOG_CAPACITY) return;
      setIsHeld(true);
      await gate.untilOpen(signal);
      setIsHeld(false);
    };
    followLog(
      {
        fetchLog: (after, signal) => getLogBody(http, { nodeId, containerId, since: after ?? since }, signal),
        isRetryable: isBrokenNetwork,
        ring,
        onLines: redraw,
        onState: setState,
        untilRoom,
        sleep,
      },
      abort.signal,
    ).catch((error: unknown) => setState({ is: 'failed', error }));
    return () => {
      abort.abort();
      setIsHeld(false);
    };
  }, [http, nodeId, containerId, since, ring, gate, redraw]);

  const cache = useRef(new WeakMap<NumberedLine, ReadLine>());
  const read = useCallback(
    (number: number) => {
      const line = ring.find(number);
      if (!line) return undefined;
      let known = cache.current.get(line);
      if (!known) {
        const spans = parseAnsi(line.text);
        known = { line, spans, text: plainText(spans) };
        cache.current.set(line, known);
      }
      return known;
    },
    [ring],
  );

  return {
    state,
    numbers: view.numbers(),
    read,
    droppedCount: ring.droppedCount(),
    isHeld,
    clear: () => {
      ring.clear();
      redraw();
    },
    restart: () => setAttempt((count) => count + 1),
    setFollowing: gate.set,
  };
};
