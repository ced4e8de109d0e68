/**
 * A page kept open over an update asks for chunks that are gone, and a network that changes under way loses some. Loading
 * the page anew gets them all: asking again for one of them would leave out its style sheet.
 */

const RELOADED_AT_KEY = 'serverbox.reloadedAt';
/** A chunk that is still missing after a reload is a broken installation: reloading again would only loop. */
const AGAIN_AFTER_MS = 30_000;

const MISSING_CHUNK = /dynamically imported module|module script failed|preload CSS/i;

/** Whether a part of the application itself could not be loaded. */
export const isMissingChunk = (error: unknown): boolean => error instanceof Error && MISSING_CHUNK.test(error.message);

export interface ReloadDeps {
  target: EventTarget;
  storage: Storage;
  reload: () => void;
  /** While nobody answers, a reload would end in the browser's own error page, which never comes back by itself. */
  isServerThere: () => Promise<boolean>;
  now: () => number;
}

/** Listens for chunks that failed to load, and reloads the page at most once in half a minute. */
export const reloadOnMissingChunk = ({ target, storage, reload, isServerThere, now }: ReloadDeps): void => {
  const reloadOnce = async () => {
    if (!(await isServerThere())) return;
    if (now() - Number(storage.getItem(RELOADED_AT_KEY) ?? 0) < AGAIN_AFTER_MS) return;
    storage.setItem(RELOADED_AT_KEY, String(now()));
    reload();
  };
  target.addEventListener('vite:preloadError', () => void reloadOnce());
};
