import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Engine } from './engine.ts';
import { getProgram } from './programs.ts';
import { openTempDir } from './temp-dir.ts';

/** The name of the lab's only image: sh, httpd, nc, sleep and the rest of busybox in 2 MB. */
export const LAB_IMAGE = 'serverbox-lab/busybox:latest';

const run = promisify(execFile);

// Raise it when `fillRoot` changes, so that an engine that already has the image gets the new one.
const RECIPE = 1;
const RECIPE_LABEL = 'dev.serverbox.lab.recipe';

/** Imports the lab's image into an engine that does not have it yet; no registry is asked. */
export const ensureImage = async (engine: Engine): Promise<void> => {
  const busybox = await readFile(getProgram('busybox'));
  const recipe = `${RECIPE}-${createHash('sha256').update(busybox).digest('hex').slice(0, 16)}`;
  const filters = filterBy({ reference: [LAB_IMAGE], label: [`${RECIPE_LABEL}=${recipe}`] });
  const images = await engine.call('GET', `/images/json?filters=${filters}`);
  if (Array.isArray(images) && images.length > 0) return;
  const changes = ['CMD ["sh"]', `LABEL ${RECIPE_LABEL}=${recipe}`].map(
    (line) => `&changes=${encodeURIComponent(line)}`,
  );
  const [repository, tag] = LAB_IMAGE.split(':');
  const answer = await engine.call(
    'POST',
    `/images/create?fromSrc=-&repo=${repository}&tag=${tag}${changes.join('')}`,
    await packRoot(),
  );
  // The status is sent before the import is done, so a failed import still answers 200.
  if (JSON.stringify(answer).includes('errorDetail')) throw new Error(`the lab's image was refused: ${answer}`);
};

/** Removes the lab's image; its containers must be gone. */
export const removeImage = async (engine: Engine): Promise<void> => {
  const images = await engine.call('GET', `/images/json?filters=${filterBy({ reference: [LAB_IMAGE] })}`);
  if (Array.isArray(images) && images.length > 0) await engine.call('DELETE', `/images/${LAB_IMAGE}`);
};

const filterBy = (filters: Record<string, string[]>): string => encodeURIComponent(JSON.stringify(filters));

/** The image's file tree as a tar archive. */
const packRoot = async (): Promise<Buffer> => {
  const dir = await openTempDir('image');
  try {
    await fillRoot(dir.path);
    const { stdout } = await run(
      getProgram('tar'),
      ['--numeric-owner', '--owner=0', '--group=0', '-C', dir.path, '-c', '.'],
      {
        encoding: 'buffer',
        maxBuffer: 32 * 1024 * 1024,
      },
    );
    return stdout;
  } finally {
    await dir.remove();
  }
};

const fillRoot = async (root: string): Promise<void> => {
  for (const folder of ['bin', 'etc', 'root', 'tmp', 'www']) await mkdir(join(root, folder));
  const busybox = getProgram('busybox');
  await copyFile(busybox, join(root, 'bin', 'busybox'));
  const { stdout } = await run(busybox, ['--list']);
  const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  for (const applet of applets) await symlink('busybox', join(root, 'bin', applet));
  await writeFile(
    join(root, 'etc', 'passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n',
  );
  await writeFile(join(root, 'etc', 'group'), 'root:x:0:\nnobody:x:65534:\n');
  await writeFile(join(root, 'www', 'index.html'), '<!doctype html><title>lab</title><p>Hello from the lab.</p>\n');
};
