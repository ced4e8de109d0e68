import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { parseAnsi } from './ansi.ts';
import { LogRow } from './LogRow.tsx';

afterEach(cleanup);

const draw = (text: string, query = '', more: { cut?: boolean; dropped?: number } = {}) =>
  render(
    <LogRow
      line={{ number: 0, stream: 'stderr', at: '2026-01-02T03:04:05.678000000Z', text, ...more }}
      spans={parseAnsi(text)}
      query={query}
      isCurrent={false}
      hasStamp
    />,
  );

test.each(['<img src=x onerror=alert(1)>', '<script>alert(1)</script>', '"><svg/onload=alert(1)>'])(
  'IN-16 %s in a log line is text',
  (payload) => {
    const { container } = draw(payload);
    expect(container.textContent).toContain(payload);
    expect(container.querySelector('img, script, svg')).toBeNull();
  },
);

test('colours become classes and the escape itself is gone', () => {
  draw('\x1b[31mERROR\x1b[0m disk');
  expect(screen.getByText('ERROR').className).toContain('fg1');
});

test('what is searched for is marked', () => {
  draw('connection timed out', 'TIMED');
  expect(screen.getByText('timed').tagName).toBe('MARK');
});

test('a line that was cut and a gap in the stream say so', () => {
  draw('x', '', { cut: true, dropped: 12 });
  expect(screen.getByText(/is cut here/)).toBeTruthy();
  expect(screen.getByText(/12 lines before this one were skipped/)).toBeTruthy();
});
