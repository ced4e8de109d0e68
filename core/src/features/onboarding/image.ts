/**
 * The agent as a container image, packed when somebody asks for it: `docker load` takes it as it is, so that no registry is
 * needed. It holds the program and its empty state directory, nothing else. The machine's root is expected at `/host`.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Architecture, Binaries, Binary } from './binaries.ts';
import { packTar } from './tar.ts';

export const IMAGE_NAME = 'serverbox-agent';
export const STATE_DIR = '/var/lib/serverbox-agent';
const PROGRAM = '/usr/local/bin/serverbox-agent';

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const packRoot = (program: Buffer): Buffer =>
  packTar([
    ...['usr/', 'usr/local/', 'usr/local/bin/', 'var/', 'var/lib/'].map((name) => ({ name, mode: 0o755 })),
    { name: `${PROGRAM.slice(1)}`, mode: 0o755, content: program },
    // A new volume takes over the mode; the agent refuses a directory that others may enter.
    { name: `${STATE_DIR.slice(1)}/`, mode: 0o700 },
    { name: 'tmp/', mode: 0o1777 },
  ]);

const configOf = (architecture: Architecture, rootSha256: string) => ({
  architecture,
  os: 'linux',
  config: {
    Entrypoint: [PROGRAM],
    Cmd: ['run', '--state-dir', STATE_DIR],
    Env: [
      'PATH=/usr/local/bin',
      'SERVERBOX_HOST_ROOT=/host',
      // The image has no certificates of its own: those of the machine count.
      'SSL_CERT_DIR=/host/etc/ssl/certs:/host/etc/pki/tls/certs',
    ],
    Volumes: { [STATE_DIR]: {} },
    StopSignal: 'SIGTERM',
  },
  created: '1970-01-01T00:00:00Z',
  rootfs: { type: 'layers', diff_ids: [`sha256:${rootSha256}`] },
  history: [{ created: '1970-01-01T00:00:00Z', created_by: 'serverbox' }],
});

/** An archive for `docker load`. */
const packImage = async (
  { path }: Pick<Binary, 'path'>,
  { architecture, version }: { architecture: Architecture; version: string },
): Promise<Buffer> => {
  const root = packRoot(await readFile(path));
  const config = json(configOf(architecture, sha256(root)));
  const configName = `${sha256(config)}.json`;
  const manifest = [
    { Config: configName, RepoTags: [`${IMAGE_NAME}:${version}`, `${IMAGE_NAME}:latest`], Layers: ['root/layer.tar'] },
  ];
  return packTar([
    { name: 'root/', mode: 0o755 },
    { name: 'root/layer.tar', mode: 0o644, content: root },
    { name: configName, mode: 0o644, content: config },
    { name: 'manifest.json', mode: 0o644, content: json(manifest) },
  ]);
};

/** A rollout over many machines packs once; afterwards the memory is given back. */
const KEPT_MS = 60_000;

export interface Images {
  /** Undefined where there is no program to pack. */
  find(architecture: Architecture): Promise<Buffer | undefined>;
}

export const createImages = ({ binaries, version }: { binaries: Binaries; version: string }): Images => {
  const kept = new Map<string, Promise<Buffer>>();
  return {
    find: async (architecture) => {
      const binary = await binaries.find(architecture);
      if (binary === undefined) return undefined;
      const known = kept.get(binary.sha256);
      if (known !== undefined) return known;
      const packed = packImage(binary, { architecture, version });
      kept.set(binary.sha256, packed);
      setTimeout(() => kept.delete(binary.sha256), KEPT_MS).unref();
      return packed;
    },
  };
};
