/** One connection of the live channel: fetch, read, notice silence. When to open another one is decided in `live.ts`. */
import { createSseParser } from './sse.ts';

/** No byte for this long means a half-open connection: the core sends a comment more often than that. */
export const SILENCE_MS = 45_000;

/** The network and the clock, as this module may use them. */
export interface StreamDeps {
  /** Has to refresh the session by itself; rejects or answers not-ok when there is no stream. */
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  setTimeout: (run: () => void, ms: number) => unknown;
  clearTimeout: (timer: unknown) => void;
}

/** What happens to a stream, in the order open, then bytes and messages, then end. */
export interface StreamListeners {
  onOpen: () => void;
  /** Bytes came, be it only a keep-alive. */
  onBytes: () => void;
  onMessage: (id: string, data: string) => void;
  /** The stream is over, for whatever reason but being closed. */
  onEnd: () => void;
}

/** Opens an event stream. The returned function closes it, after which no listener is called any more. */
export const openEventStream = (deps: StreamDeps, url: string, listeners: StreamListeners): (() => void) => {
  const abort = new AbortController();
  let isClosed = false;
  let silence: unknown;
  const watchSilence = () => {
    deps.clearTimeout(silence);
    silence = deps.setTimeout(() => abort.abort(), SILENCE_MS);
  };

  const read = async () => {
    watchSilence();
    const response = await deps.fetch(url, {
      headers: { accept: 'text/event-stream' },
      signal: abort.signal,
      cache: 'no-store',
    });
    if (!response.ok || response.body === null)
      throw new Error(`The event stream was refused with ${response.status}.`);
    if (!isClosed) listeners.onOpen();
    const parse = createSseParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let next = await reader.read(); !next.done && !isClosed; next = await reader.read()) {
      watchSilence();
      listeners.onBytes();
      for (const { id, data } of parse(next.value)) listeners.onMessage(id, data);
    }
  };

  const end = () => {
    deps.clearTimeout(silence);
    abort.abort();
    if (!isClosed) listeners.onEnd();
  };
  // A refused, broken, silent or finished stream all mean the same to the channel: open another one.
  read().then(end, end);
  return () => {
    isClosed = true;
    deps.clearTimeout(silence);
    abort.abort();
  };
};
