import { useEffect } from 'react';

const PRODUCT = 'Server Box';

/** Names the browser tab: "Nodes · Server Box". */
export const usePageTitle = (title: string): void => {
  useEffect(() => {
    document.title = title === '' ? PRODUCT : `${title} · ${PRODUCT}`;
  }, [title]);
};
