import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { Meter } from './Meter.tsx';

afterEach(cleanup);

test('a meter says its figure and detail to those who do not see the bar', () => {
  render(<Meter label="Memory" ratio={0.85} detail="6.8 of 8 GiB" />);
  const meter = screen.getByRole('meter', { name: 'Memory' });
  expect(meter.getAttribute('aria-valuenow')).toBe('85');
  expect(meter.getAttribute('aria-valuetext')).toBe('85 %, 6.8 of 8 GiB');
});

test('what is unknown is a dash, not zero', () => {
  render(<Meter label="Disk" ratio={null} />);
  expect(screen.getByRole('meter').getAttribute('aria-valuetext')).toBe('—');
  expect(screen.getByText('—')).toBeTruthy();
});
