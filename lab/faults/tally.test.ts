import { expect, test } from 'vitest';
import { createRegister, createTally } from './tally.ts';

test('what was acknowledged must be there once; what was only tried may be', () => {
  const tally = createTally();
  for (const item of ['a', 'b', 'c']) tally.attempt(item);
  for (const item of ['a', 'b']) tally.acknowledge(item);
  expect(tally.compare(['a', 'b'])).toEqual({ lost: [], invented: [], doubled: [] });
  expect(tally.compare(['a', 'b', 'c'])).toEqual({ lost: [], invented: [], doubled: [] });
  expect(tally.compare(['b', 'b', 'x'])).toEqual({ lost: ['a'], invented: ['x'], doubled: ['b'] });
});

test('an acknowledgement without an attempt is a defect of the test', () => {
  expect(() => createTally().acknowledge('a')).toThrow('acknowledged before it was tried: a');
});

test('a register holds its last acknowledged value or one that was tried since', () => {
  const register = createRegister('a');
  register.attempt('b');
  expect(register.possible).toEqual(['a', 'b']);
  register.acknowledge('b');
  register.attempt('c');
  expect(register.possible).toEqual(['b', 'c']);
});

test('what nobody answered may still come true after something else was acknowledged', () => {
  const register = createRegister('a');
  register.attempt('b');
  register.leaveOpen('b');
  register.attempt('c');
  register.acknowledge('c');
  expect(register.possible).toEqual(['c', 'b']);
});
