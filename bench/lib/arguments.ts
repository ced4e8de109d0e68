/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';

export interface Arguments {
  path: string;
  isQuick: boolean;
  /** Takes one JSON object a line. */
  jsonPath: string | undefined;
  writesReport: boolean;
  /** How long to wait for a quiet machine before each benchmark. */
  waitMs: number;
}

const MAX_WAIT_SECONDS = 3600;

/** @throws Error with a sentence for the person who typed */
export const parseArguments = (argv: readonly string[], paths: readonly string[]): Arguments => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
      wait: { type: 'string', default: '30' },
    },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new Error('Name one benchmark, or "all".');
  if (path !== 'all' && !paths.includes(path)) throw new Error(`There is no benchmark "${path}".`);
  if (values.write && values.quick) throw new Error('--write keeps what was measured in full: not --quick.');
  const waitSeconds = Number(values.wait);
  if (!(waitSeconds >= 0 && waitSeconds <= MAX_WAIT_SECONDS))
    throw new Error(`--wait takes 0 to ${MAX_WAIT_SECONDS} seconds.`);
  return { path, isQuick: values.quick, jsonPath: values.json, writesReport: values.write, waitMs: waitSeconds * 1000 };
};
