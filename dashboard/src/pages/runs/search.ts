import type { RunResult } from '@serverbox/contract/run-results';
import { RUN_RESULTS } from '@serverbox/contract/run-results';
import { choiceParam, compact, textParam } from '../../lib/search-params.ts';

interface NewRunSearch {
  /** Id of a node to begin with. */
  node?: string;
  /** Id of an older run whose command and nodes are taken over. */
  again?: string;
}
export interface RunSearch {
  result?: RunResult;
  group?: 'output';
}

export const parseNewRunSearch = (raw: Record<string, unknown>): NewRunSearch =>
  compact<NewRunSearch>({ node: textParam(raw.node), again: textParam(raw.again) });

export const parseRunSearch = (raw: Record<string, unknown>): RunSearch =>
  compact<RunSearch>({
    result: choiceParam(raw.result, RUN_RESULTS),
    group: choiceParam(raw.group, ['output']),
  });
