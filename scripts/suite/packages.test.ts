import { expect, test, vi } from 'vitest';
import { ensurePackages, listMissingPackages, MissingPackagesError } from './packages.ts';

const { signal } = new AbortController();

test('only the packages of missing programs are listed, each once', () => {
  const missing = { find: () => undefined };
  const programs = [
    { package: 'tmux', ...missing },
    { package: 'gcc libc6-dev', ...missing },
    { package: 'gcc', ...missing },
    { package: 'tar', find: () => '/bin/tar' },
  ];
  expect(listMissingPackages(programs)).toEqual(['gcc', 'libc6-dev', 'tmux']);
});

test('who is not root is told the command to run', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  const refused = ensurePackages(['chromium', 'tmux'], signal);
  await expect(refused).rejects.toThrow(MissingPackagesError);
  await expect(refused).rejects.toThrow(/^sudo apt-get install --yes --no-install-recommends chromium tmux$/m);
});

test('nothing is asked for when nothing is missing', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  await expect(ensurePackages([], signal)).resolves.toBeUndefined();
});
