import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { Box } from 'lucide-react';
import { useState } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { Button } from './Button.tsx';
import { Checkbox } from './Checkbox.tsx';
import { Field } from './Field.tsx';
import { IconButton } from './IconButton.tsx';
import { Input } from './Input.tsx';
import { PasswordInput } from './PasswordInput.tsx';
import { SearchInput } from './SearchInput.tsx';
import { Segmented } from './Segmented.tsx';
import { Switch } from './Switch.tsx';
import { Tabs } from './Tabs.tsx';

afterEach(cleanup);

test('a button that may not be pressed keeps the focus, says why, and does nothing', () => {
  const onClick = vi.fn();
  render(
    <Button disabledReason="It is not running." onClick={onClick}>
      Stop
    </Button>,
  );
  const button = screen.getByRole('button', { name: 'Stop' });
  expect(button.getAttribute('aria-description')).toBe('It is not running.');
  button.focus();
  expect(document.activeElement).toBe(button);
  fireEvent.click(button);
  expect(onClick).not.toHaveBeenCalled();
});

test('a busy submit button does not submit its form a second time', () => {
  const onSubmit = vi.fn();
  render(
    <form onSubmit={onSubmit}>
      <Button type="submit" isBusy>
        Save
      </Button>
    </form>,
  );
  fireEvent.click(screen.getByRole('button', { name: 'Save', busy: true }));
  expect(onSubmit).not.toHaveBeenCalled();
});

test('a button of only an icon has its label as name', () => {
  render(<IconButton label="Open container" icon={Box} isPressed />);
  expect(screen.getByRole('button', { name: 'Open container', pressed: true })).toBeDefined();
});

test('a field names its input and describes it by the error', () => {
  render(
    <Field label="E-mail" hint="You sign in with it." error="It is not an address.">
      {({ id, describedBy, isInvalid }) => <Input id={id} aria-describedby={describedBy} isInvalid={isInvalid} />}
    </Field>,
  );
  const input = screen.getByRole('textbox', { name: 'E-mail', description: 'It is not an address.' });
  expect(input.getAttribute('aria-invalid')).toBe('true');
  expect(screen.getByRole('alert').textContent).toBe('It is not an address.');
});

const Password = () => {
  const [value, setValue] = useState('');
  return (
    <PasswordInput aria-label="Password" hasMeter value={value} onChange={(event) => setValue(event.target.value)} />
  );
};

test('a password is hidden until it is asked for, and rated while it is typed', () => {
  render(<Password />);
  const input = screen.getByLabelText<HTMLInputElement>('Password');
  fireEvent.change(input, { target: { value: 'thimble oak rain seven lamps' } });
  expect(screen.getByText('Strong')).toBeDefined();
  expect(input.type).toBe('password');
  fireEvent.click(screen.getByRole('button', { name: 'Show password' }));
  expect(input.type).toBe('text');
});

const Search = () => {
  const [value, setValue] = useState('');
  return <SearchInput label="Search containers" hotkey="/" value={value} onChange={setValue} />;
};

test('the slash key leads into the search, and Escape first empties and then leaves it', () => {
  render(<Search />);
  const input = screen.getByRole<HTMLInputElement>('searchbox', { name: 'Search containers' });
  fireEvent.keyDown(document.body, { key: '/' });
  expect(document.activeElement).toBe(input);
  fireEvent.change(input, { target: { value: 'web' } });
  fireEvent.keyDown(input, { key: 'Escape' });
  expect(input.value).toBe('');
  fireEvent.keyDown(input, { key: 'Escape' });
  expect(document.activeElement).not.toBe(input);
});

test('switch, checkbox and segmented control are what they look like', () => {
  const heard = vi.fn();
  render(
    <>
      <Switch label="Follow" description="Sticks to the end" checked onChange={heard} />
      <Checkbox label="Remove volumes" checked={false} isIndeterminate onChange={heard} />
      <Segmented
        label="Range"
        value="1h"
        onChange={heard}
        options={[
          { value: '1h', label: '1 h' },
          { value: '24h', label: '24 h' },
        ]}
      />
    </>,
  );
  fireEvent.click(screen.getByRole('switch', { name: 'Follow', checked: true, description: 'Sticks to the end' }));
  fireEvent.click(screen.getByRole('checkbox', { name: 'Remove volumes' }));
  fireEvent.click(screen.getByRole('radio', { name: '24 h' }));
  expect(heard.mock.calls).toEqual([[false], [true], ['24h']]);
  expect(screen.getByRole('radio', { name: '1 h', checked: true })).toBeDefined();
});

const Pages = () => {
  const [tab, setTab] = useState<'logs' | 'shell' | 'env'>('logs');
  return (
    <Tabs
      label="Container"
      value={tab}
      onChange={setTab}
      items={[
        { value: 'logs', label: 'Logs' },
        { value: 'shell', label: 'Shell' },
        { value: 'env', label: 'Environment' },
      ]}
    >
      panel of {tab}
    </Tabs>
  );
};

test('arrows go round the tabs and take the focus along', () => {
  render(<Pages />);
  screen.getByRole('tab', { name: 'Logs', selected: true }).focus();
  fireEvent.keyDown(document.activeElement ?? document.body, { key: 'ArrowLeft' });
  expect(document.activeElement).toBe(screen.getByRole('tab', { name: 'Environment', selected: true }));
  expect(screen.getByRole('tabpanel', { name: 'Environment' }).textContent).toBe('panel of env');
});
