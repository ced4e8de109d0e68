import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { ConfirmDialog } from './ConfirmDialog.tsx';
import { Menu } from './Menu.tsx';
import { ToastRegion } from './ToastRegion.tsx';
import { placeTooltip, TooltipLayer } from './TooltipLayer.tsx';
import { createToastQueue, ToastContext } from './toast.ts';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test('a confirmation shows what would be lost and closes once the act is done', async () => {
  const onConfirm = vi.fn(async () => undefined);
  const onOpenChange = vi.fn();
  render(
    <ConfirmDialog
      open
      onOpenChange={onOpenChange}
      title="Remove web?"
      consequences={[{ text: 'Volume data goes.', tone: 'danger' }]}
      confirmLabel="Remove container"
      onConfirm={onConfirm}
    />,
  );
  expect(screen.getByRole('dialog', { name: 'Remove web?' }).textContent).toContain('Volume data goes.');
  fireEvent.click(screen.getByRole('button', { name: 'Remove container' }));
  await waitFor(() => expect(onOpenChange).toHaveBeenCalledWith(false));
  expect(onConfirm).toHaveBeenCalledTimes(1);
});

test('a confirmation that fails stays open and says why', async () => {
  const onOpenChange = vi.fn();
  render(
    <ConfirmDialog
      open
      onOpenChange={onOpenChange}
      title="Restart web?"
      confirmLabel="Restart container"
      onConfirm={() => Promise.reject(new Error('The node has no link now.'))}
    />,
  );
  fireEvent.click(screen.getByRole('button', { name: 'Restart container' }));
  expect((await screen.findByRole('alert')).textContent).toContain('The node has no link now.');
  expect(onOpenChange).not.toHaveBeenCalled();
});

test('a typed name has to be right before anything happens', () => {
  const onConfirm = vi.fn(async () => undefined);
  render(
    <ConfirmDialog
      open
      onOpenChange={() => undefined}
      title="Remove prod?"
      typedName="prod"
      confirmLabel="Remove"
      onConfirm={onConfirm}
    />,
  );
  const confirm = screen.getByRole('button', { name: 'Remove' });
  fireEvent.change(screen.getByRole('textbox', { name: 'Type prod to confirm' }), { target: { value: 'pro' } });
  fireEvent.click(confirm);
  expect(onConfirm).not.toHaveBeenCalled();
  fireEvent.change(screen.getByRole('textbox', { name: 'Type prod to confirm' }), { target: { value: 'prod' } });
  fireEvent.click(confirm);
  expect(onConfirm).toHaveBeenCalledTimes(1);
});

test('a menu keeps what cannot be done now, with the reason', async () => {
  const onSelect = vi.fn();
  render(
    <Menu
      label="Actions of web"
      trigger={<button type="button">More</button>}
      items={[
        { label: 'Start', onSelect, disabledReason: 'It is running.' },
        { label: 'Stop', onSelect },
      ]}
    />,
  );
  fireEvent.click(screen.getByRole('button', { name: 'More' }));
  const start = await screen.findByRole('menuitem', { name: 'Start' });
  expect(start.getAttribute('aria-description')).toBe('It is running.');
  fireEvent.click(start);
  expect(onSelect).not.toHaveBeenCalled();
  fireEvent.click(screen.getByRole('menuitem', { name: 'Stop' }));
  expect(onSelect).toHaveBeenCalledTimes(1);
});

test('a menu is nothing but its button until it opens; the keyboard goes to its first entry and back', async () => {
  const items = vi.fn(() => [{ label: 'Stop', onSelect: vi.fn() }]);
  render(<Menu label="Actions of web" trigger={<button type="button">More</button>} items={items} />);
  const button = screen.getByRole('button', { name: 'More' });
  expect([button.getAttribute('aria-haspopup'), button.getAttribute('aria-expanded')]).toEqual(['menu', 'false']);
  expect(items).not.toHaveBeenCalled();
  button.focus();
  fireEvent.keyDown(button, { key: 'ArrowDown' });
  const stop = await screen.findByRole('menuitem', { name: 'Stop' });
  await vi.waitFor(() => expect(document.activeElement).toBe(stop));
  fireEvent.keyDown(stop, { key: 'Escape' });
  await vi.waitFor(() => expect(screen.queryByRole('menuitem')).toBeNull());
  await vi.waitFor(() => expect(document.activeElement).toBe(button));
});

test('toasts are announced, leave by themselves, and wait while the pointer rests on them', () => {
  vi.useFakeTimers();
  const queue = createToastQueue();
  render(
    <ToastContext value={queue}>
      <ToastRegion />
    </ToastContext>,
  );
  act(() => queue.show({ title: 'web was restarted' }));
  const toast = screen.getByRole('listitem');
  expect(screen.getByRole('region', { name: 'Notifications' }).getAttribute('aria-live')).toBe('polite');
  fireEvent.pointerEnter(toast);
  act(() => void vi.advanceTimersByTime(60_000));
  expect(screen.queryByText('web was restarted')).not.toBeNull();
  fireEvent.pointerLeave(toast);
  act(() => void vi.advanceTimersByTime(60_000));
  expect(screen.queryByText('web was restarted')).toBeNull();
});

test('only the newest toasts are kept', () => {
  const queue = createToastQueue();
  for (let i = 1; i <= 6; i += 1) queue.show({ title: `toast ${i}` });
  expect(queue.items().map(({ title }) => title)).toEqual(['toast 3', 'toast 4', 'toast 5', 'toast 6']);
});

test('whatever says data-tooltip is explained on hover, for the eyes only', () => {
  vi.useFakeTimers();
  render(
    <>
      <span data-tooltip="20 Nov 2026, 12:00">now</span>
      <TooltipLayer />
    </>,
  );
  fireEvent.pointerOver(screen.getByText('now'), { pointerType: 'mouse' });
  expect(screen.queryByText('20 Nov 2026, 12:00')).toBeNull();
  act(() => void vi.advanceTimersByTime(400));
  expect(screen.getByText('20 Nov 2026, 12:00').getAttribute('aria-hidden')).toBe('true');
  fireEvent.keyDown(document.body, { key: 'Escape' });
  act(() => void vi.advanceTimersByTime(0));
  expect(screen.queryByText('20 Nov 2026, 12:00')).toBeNull();
});

test('a tooltip stands above its control, below at the top of the window, and never beyond the edges', () => {
  const anchor = (left: number, top: number) => DOMRect.fromRect({ x: left, y: top, width: 20, height: 20 });
  const size = { width: 100, height: 24 };
  expect(placeTooltip(anchor(500, 300), size, 1000)).toEqual({ top: 270, left: 460 });
  expect(placeTooltip(anchor(500, 10), size, 1000)).toEqual({ top: 36, left: 460 });
  expect(placeTooltip(anchor(2, 300), size, 1000).left).toBe(8);
  expect(placeTooltip(anchor(990, 300), size, 1000).left).toBe(892);
});
