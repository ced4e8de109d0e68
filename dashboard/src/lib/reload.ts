/** A page kept open over an update asks for chunks that are gone. Loading it anew gets the current ones. */

const RELOADED_AT_KEY = 'serverbox.reloadedAt';
/** A chunk that is still missing after a reload is a broken installation: reloading again would only loop. */
const AGAIN_AFTER_MS = 30_000;

export interface ReloadDeps {
  target: EventTarget;
  storage: Storage;
  reload: () => void;
  now: () => number;
}

export const reloadOnMissingChunk = ({ target, storage, reload, now }: ReloadDeps): void => {
  target.addEventListener('vite:preloadError', () => {
    if (now() - Number(storage.getItem(RELOADED_AT_KEY) ?? 0) < AGAIN_AFTER_MS) return;
    storage.setItem(RELOADED_AT_KEY, String(now()));
    reload();
  });
};
