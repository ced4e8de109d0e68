/**
 * The entry from the sources, for development and tests; bundle.ts is that of the bundle, which users run. Prepares the
 * module loader, then runs. Kept apart because a hook only concerns what is loaded after it.
 *
 * Drizzle is loaded in its CommonJS form: its ECMAScript modules import each other in circles, which costs Node's loader 160 MB
 * and half a second (Node 24.21, drizzle-orm 0.45; CommonJS: 19 MB). Drop this when that is no longer so.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier.startsWith('drizzle-orm')
      ? nextResolve(specifier, { ...context, conditions: ['node', 'require'] })
      : nextResolve(specifier, context),
});

await import('./run.ts');
