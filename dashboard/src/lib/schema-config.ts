/**
 * Keeps the schema library from compiling its parsers with `new Function`: the Content-Security-Policy refuses that, and the
 * mere attempt is reported as a violation. The library reads this global when a schema is made, so it has to be set before
 * the first chunk with schemas is loaded; importing the library here to configure it would bring it into the entry.
 */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
