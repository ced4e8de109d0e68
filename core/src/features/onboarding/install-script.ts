/**
 * `install.sh` as this core serves it: with the sums of its own programs inside. Whoever trusts the script that was fetched
 * needs to trust nothing else that is fetched afterwards.
 */
import { readFile } from 'node:fs/promises';
import type { Architecture, Binaries } from './binaries.ts';

export interface InstallScript {
  render(): Promise<string>;
}

export const createInstallScript = (deps: { path: string; version: string; binaries: Binaries }): InstallScript => {
  const sumOf = async (architecture: Architecture) => (await deps.binaries.find(architecture))?.sha256 ?? '';
  return {
    render: async () => {
      const template = await readFile(deps.path, 'utf8');
      return template
        .replace('@VERSION@', deps.version)
        .replace('@SHA256_AMD64@', await sumOf('amd64'))
        .replace('@SHA256_ARM64@', await sumOf('arm64'));
    },
  };
};
