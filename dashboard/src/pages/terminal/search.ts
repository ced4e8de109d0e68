import { compact, textParam } from '../../lib/search-params.ts';

interface TerminalSearch {
  /** Asks for a new shell on this node as soon as the page is there; the page then takes it out of the address. */
  node?: string;
}

export const parseTerminalSearch = (raw: Record<string, unknown>): TerminalSearch =>
  compact<TerminalSearch>({ node: textParam(raw.node) });
