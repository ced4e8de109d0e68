import { choiceParam, compact, textParam } from '../../lib/search-params.ts';
import { RESULT_KINDS } from './result-kinds.ts';

interface NewRunSearch {
  /** Id of a node to begin with. */
  node?: string;
  /** Id of an older run whose command and nodes are taken over. */
  again?: string;
}
export interface RunSearch {
  result?: (typeof RESULT_KINDS)[number];
  group?: 'output';
}

export const parseNewRunSearch = (raw: Record<string, unknown>): NewRunSearch =>
  compact<NewRunSearch>({ node: textParam(raw.node), again: textParam(raw.again) });

export const parseRunSearch = (raw: Record<string, unknown>): RunSearch =>
  compact<RunSearch>({
    result: choiceParam(raw.result, RESULT_KINDS),
    group: choiceParam(raw.group, ['output']),
  });
