/** What a benchmark is: a module `bench/<path>.ts` that exports one of these. */
import type { Figure } from './figure.ts';

export interface BenchOptions {
  /** A look instead of a measurement: fewer and smaller runs. */
  isQuick: boolean;
  /** Tells the person who waits what is being done. */
  say(what: string): void;
}

export interface Bench {
  /** Name of the module and of the command. */
  id: string;
  title: string;
  /** Starts what it needs, measures, and leaves nothing behind. */
  run(options: BenchOptions): Promise<Figure[]>;
}
