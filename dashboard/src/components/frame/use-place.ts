import { useLocation } from '@tanstack/react-router';
import type { NavItem } from './nav-items.ts';
import { MAIN_NAV, SETTINGS_NAV } from './nav-items.ts';

/** A container lives under its node in the address, but people find it among the containers. */
const CONTAINER_PAGE = /^\/nodes\/[^/]+\/containers\//;

/** The place of the navigation that an address belongs to. */
export const placeOf = (pathname: string): NavItem['to'] | undefined => {
  if (pathname === '/') return '/';
  if (CONTAINER_PAGE.test(pathname)) return '/containers';
  return [...MAIN_NAV, SETTINGS_NAV]
    .map(({ to }) => to)
    .find((to) => to !== '/' && `${pathname}/`.startsWith(`${to}/`));
};

export const usePlace = (): NavItem['to'] | undefined => placeOf(useLocation({ select: ({ pathname }) => pathname }));
