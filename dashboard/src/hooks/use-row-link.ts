import type { NavigateOptions } from '@tanstack/react-router';
import { useRouter } from '@tanstack/react-router';
import { useCallback } from 'react';

/** What a table needs to open a row: by a click, by Enter, and as a link that may be opened in another tab. */
export const useRowLink = <Row>(linkOf: (row: Row) => NavigateOptions) => {
  const router = useRouter();
  return {
    hrefOf: useCallback((row: Row) => router.buildLocation(linkOf(row)).href, [router, linkOf]),
    onOpen: useCallback((row: Row) => void router.navigate(linkOf(row)), [router, linkOf]),
  };
};
