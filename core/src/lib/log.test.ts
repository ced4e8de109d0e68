import { expect, test } from 'vitest';
import { AppError } from './errors.ts';
import { createLog, Secret } from './log.ts';

const linesOf = (write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] => {
  const lines: string[] = [];
  write(createLog('debug', { write: (line: string) => lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};

test('SE-8 a secret is redacted by its type under whatever name and depth', () => {
  const secret = new Secret('canary-7391');
  const lines = linesOf((log) =>
    log.with({ a: secret }).info('told', { harmless: { deep: [secret] }, text: `${secret}` }),
  );
  expect(JSON.stringify(lines)).not.toContain('canary');
  expect(lines[0]).toMatchObject({ a: '[secret]', text: '[secret]' });
});

test('SE-7 enumerable extras of a foreign error do not reach the log', () => {
  const error = Object.assign(new Error('insert failed'), { parameters: ['canary-7391'], detail: 'canary-7391' });
  expect(JSON.stringify(linesOf((log) => log.error('query failed', { error })))).not.toContain('canary');
});

test('an AppError shows its code, detail and causes', () => {
  const error = new AppError('conflict', 'Taken.', { detail: { port: 1 }, cause: new Error('EADDRINUSE') });
  expect(linesOf((log) => log.error('start failed', { error }))[0]).toMatchObject({
    level: 'error',
    error: { code: 'conflict', port: 1, cause: { message: 'EADDRINUSE' } },
  });
});
