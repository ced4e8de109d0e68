/** The agent's programs that this core hands out: those that the start has built, with their sums. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** As Go names them. */
export const ARCHITECTURES = ['amd64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];
const NODE_NAMES: Record<Architecture, string> = { amd64: 'x64', arm64: 'arm64' };

export interface Binary {
  path: string;
  sizeBytes: number;
  /** Hex. */
  sha256: string;
}

export interface Binaries {
  /** Undefined while there is none: it has not been built, or not yet. */
  find(architecture: Architecture): Promise<Binary | undefined>;
}

const hashFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
};

/** The program of this machine's own kind stands without a suffix: it also runs as the local agent. */
const candidates = (dir: string, architecture: Architecture): string[] => [
  join(dir, `serverbox-agent-linux-${architecture}`),
  ...(process.platform === 'linux' && process.arch === NODE_NAMES[architecture] ? [join(dir, 'serverbox-agent')] : []),
];

export const createBinaries = (dir: string): Binaries => {
  const known = new Map<string, Binary & { changedMs: number }>();

  /** Summed up once; a new build is a new file. */
  const describe = async (path: string): Promise<Binary | undefined> => {
    const stats = await stat(path).catch(() => undefined); // none of this kind
    if (stats === undefined) return undefined;
    const cached = known.get(path);
    if (cached?.changedMs === stats.mtimeMs && cached.sizeBytes === stats.size) return cached;
    const binary = { path, sizeBytes: stats.size, changedMs: stats.mtimeMs, sha256: await hashFile(path) };
    known.set(path, binary);
    return binary;
  };

  return {
    find: async (architecture) => {
      for (const path of candidates(dir, architecture)) {
        const binary = await describe(path);
        if (binary !== undefined) return binary;
      }
      return undefined;
    },
  };
};
