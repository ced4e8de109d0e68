/** The build's texts, compressed once and better than a server can while somebody waits. The core sends what is there. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const TEXT = /^assets\/.*\.(?:js|css)$/;
/** Below this the headers weigh more than what is saved. */
const LEAST_BYTES = 512;

const asBrotli = promisify(brotliCompress);
const asGzip = promisify(gzip);

const compressFile = async (path: string): Promise<void> => {
  const plain = await readFile(path);
  if (plain.length < LEAST_BYTES) return;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
  };
  await Promise.all([
    asBrotli(plain, { params }).then((packed) => writeFile(`${path}.br`, packed)),
    asGzip(plain, { level: constants.Z_BEST_COMPRESSION }).then((packed) => writeFile(`${path}.gz`, packed)),
  ]);
};

export const precompress = (): Plugin => ({
  name: 'serverbox:precompress',
  apply: 'build',
  writeBundle: async ({ dir = '' }, bundle) => {
    await Promise.all(
      Object.keys(bundle)
        .filter((file) => TEXT.test(file))
        .map((file) => compressFile(join(dir, file))),
    );
  },
});
