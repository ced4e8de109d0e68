import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { LinkBanner } from './LinkBanner.tsx';
import type { LinkState } from './terminal-link.ts';

afterEach(cleanup);

test.each<[LinkState, RegExp]>([
  [{ is: 'exited', code: 0, signal: null }, /has exited\./],
  [{ is: 'exited', code: 3, signal: null }, /exited with code 3/],
  [{ is: 'exited', code: null, signal: 'SIGKILL' }, /ended by SIGKILL/],
  [
    { is: 'refused', code: 'refused_by_policy', message: 'Its owner decides.' },
    /does not permit shells.*Its owner decides/,
  ],
  [{ is: 'refused', code: 'something_new', message: 'Why not.' }, /could not be opened.*Why not/],
])('%j is said in words and can be opened again', (link, words) => {
  const onReopen = vi.fn();
  render(<LinkBanner link={link} onReopen={onReopen} />);
  expect(screen.getByRole('status').textContent).toMatch(words);
  fireEvent.click(screen.getByRole('button', { name: 'Open again' }));
  expect(onReopen).toHaveBeenCalledTimes(1);
});

test('a lost connection promises a fresh shell and can be tried at once', () => {
  const onReopen = vi.fn();
  render(<LinkBanner link={{ is: 'lost', retryInMs: 4000 }} onReopen={onReopen} />);
  expect(screen.getByRole('status').textContent).toContain('a fresh shell will open');
  fireEvent.click(screen.getByRole('button', { name: 'Try now' }));
  expect(onReopen).toHaveBeenCalledTimes(1);
});

test('an open shell has no banner', () => {
  const { container } = render(<LinkBanner link={{ is: 'open' }} onReopen={() => undefined} />);
  expect(container.textContent).toBe('');
});
