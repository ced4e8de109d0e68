import { ContainerId } from '@serverbox/contract/ids';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { logFileName } from './log-stream.ts';

const ID = ContainerId.parse('ab'.repeat(32));

test('IN-12 a file name is safe in a header and on a file system whatever the container is called', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
      expect(logFileName(name, ID)).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,103}$/);
    }),
  );
  expect(logFileName('a"\r\nset-cookie: x', ID)).toBe('a___set-cookie__x.log');
  expect(logFileName('../../.bashrc', ID)).toBe('bashrc.log');
  expect(logFileName('…', ID)).toBe('abababababab.log');
});
