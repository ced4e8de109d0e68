/**
 * What a machine fetches to become a node: the installer, the programs and their sums, an image for Docker. Open to anybody
 * who reaches the core, as they hold no secret.
 */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Hono } from 'hono';
import { AppError } from '../../lib/errors.ts';
import type { HttpEnv } from '../../middleware/rest.ts';
import type { Architecture, Binaries } from './binaries.ts';
import { ARCHITECTURES } from './binaries.ts';
import type { Images } from './image.ts';
import { createImages } from './image.ts';
import type { InstallScript } from './install-script.ts';

const MACHINES: Record<string, Architecture> = {
  amd64: 'amd64',
  x86_64: 'amd64',
  arm64: 'arm64',
  aarch64: 'arm64',
};
const BINARY_NAME = /^serverbox-agent-linux-(amd64|arm64)$/;
/** Also by what `uname -m` prints, so that one command fits every machine. */
const IMAGE_NAME = /^image-linux-(amd64|arm64|x86_64|aarch64)\.tar$/;
const NOTHING_KEPT = { 'cache-control': 'no-store' };

export interface DownloadsDeps {
  binaries: Binaries;
  script: InstallScript;
  version: string;
}

const notBuilt = (architecture: Architecture) =>
  new AppError('not_found', `There is no agent for ${architecture} here yet: it is built after the start.`);

const checksums = async ({ binaries }: DownloadsDeps): Promise<string> => {
  const found = await Promise.all(
    ARCHITECTURES.map(async (architecture) => ({ architecture, binary: await binaries.find(architecture) })),
  );
  const lines = found.flatMap(({ architecture, binary }) =>
    binary === undefined ? [] : [`${binary.sha256}  serverbox-agent-linux-${architecture}\n`],
  );
  return lines.join('');
};

const octets = (body: ReadableStream | Uint8Array<ArrayBuffer>, sizeBytes: number): Response =>
  new Response(body, {
    headers: { ...NOTHING_KEPT, 'content-type': 'application/octet-stream', 'content-length': `${sizeBytes}` },
  });

const serveBinary = async (binaries: Binaries, architecture: Architecture): Promise<Response> => {
  const binary = await binaries.find(architecture);
  if (binary === undefined) throw notBuilt(architecture);
  return octets(Readable.toWeb(createReadStream(binary.path)) as ReadableStream, binary.sizeBytes);
};

const serveImage = async (images: Images, architecture: Architecture): Promise<Response> => {
  const image = await images.find(architecture);
  if (image === undefined) throw notBuilt(architecture);
  return octets(image as Buffer<ArrayBuffer>, image.length);
};

export const mountDownloads = (app: Hono<HttpEnv>, deps: DownloadsDeps): void => {
  const images = createImages(deps);
  app.get('/install.sh', async (c) =>
    c.body(await deps.script.render(), 200, { ...NOTHING_KEPT, 'content-type': 'text/x-shellscript; charset=utf-8' }),
  );
  app.get('/agent/checksums.txt', async (c) => c.text(await checksums(deps), 200, NOTHING_KEPT));
  app.get('/agent/:name', (c) => {
    const name = c.req.param('name');
    const architecture = MACHINES[BINARY_NAME.exec(name)?.[1] ?? ''];
    if (architecture !== undefined) return serveBinary(deps.binaries, architecture);
    const machine = MACHINES[IMAGE_NAME.exec(name)?.[1] ?? ''];
    if (machine !== undefined) return serveImage(images, machine);
    throw new AppError('not_found', 'There is no such file.');
  });
};
