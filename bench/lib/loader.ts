/** Loads modules the way the core does (see core/src/main.ts), so that a program of a benchmark weighs what the core weighs. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier.startsWith('drizzle-orm')
      ? nextResolve(specifier, { ...context, conditions: ['node', 'require'] })
      : nextResolve(specifier, context),
});
