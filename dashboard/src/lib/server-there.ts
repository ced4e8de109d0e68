/** Any answer below 502 proves that the core is there; a proxy without it answers 502 to 504. */
export const isServerThere = async (signal?: AbortSignal): Promise<boolean> => {
  try {
    return (await fetch('/health', { cache: 'no-store', ...(signal === undefined ? {} : { signal }) })).status < 502;
  } catch {
    return false; // no answer is the very thing being asked about
  }
};
