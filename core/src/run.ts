/** Environment → configuration → platform → roles. Exit codes: 0 clean stop, 1 failure, 2 bad configuration. */
import { startApp } from './app.ts';
import { ConfigError, readConfig } from './config.ts';
import { AppError, messageOf } from './lib/errors.ts';
import type { Log } from './lib/log.ts';
import { createLog } from './lib/log.ts';
import { logDestination } from './lib/log-text.ts';
import { createShutdown } from './lib/shutdown.ts';
import { openPlatform } from './platform.ts';

const EXIT_FAILURE = 1;
const EXIT_CONFIGURATION = 2;
/** A stop that takes longer is cut: SIGTERM promises ten seconds. */
const STOP_DEADLINE_MS = 9000;

const fail = (error: unknown): number => {
  process.stderr.write(`${messageOf(error)}\n`);
  if (error instanceof ConfigError) return EXIT_CONFIGURATION;
  // An AppError is a sentence for the operator; anything else is a defect, whose stack helps.
  if (!(error instanceof AppError) && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return EXIT_FAILURE;
};

/** Resolves with the exit code when it is time to stop: asked to, or after a defect that nobody caught. */
const untilStopped = (log: Log): { code: Promise<number>; signal: AbortSignal } => {
  const controller = new AbortController();
  const code = new Promise<number>((resolve) => {
    const stop = (exitCode: number) => {
      // Ctrl-C under `npm start` arrives twice, from the terminal and from npm; the first one counts.
      if (controller.signal.aborted) return;
      controller.abort();
      setTimeout(() => process.exit(EXIT_FAILURE), STOP_DEADLINE_MS).unref();
      resolve(exitCode);
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        log.info('stopping', { signal: name });
        stop(0);
      });
    }
    // A defect somewhere must not leave half a program running: say it, stop in order, let the supervisor start anew.
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (error: unknown) => {
        log.error('unexpected error', { event, error });
        stop(EXIT_FAILURE);
      });
    }
  });
  return { code, signal: controller.signal };
};

const main = async (): Promise<number> => {
  const config = readConfig();
  const log = createLog(config.LOG_LEVEL, logDestination());
  const shutdown = createShutdown(log);
  const { code, signal } = untilStopped(log);
  try {
    await startApp(await openPlatform(config, { log, shutdown, signal }));
    return await code;
  } catch (error) {
    // What fails because it was told to give up is a clean stop.
    if (signal.aborted) return await code;
    throw error;
  } finally {
    await shutdown.run();
  }
};

main().then(
  (code) => process.exit(code),
  (error: unknown) => process.exit(fail(error)),
);
