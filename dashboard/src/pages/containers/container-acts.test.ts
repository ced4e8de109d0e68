import { actionRefusal, CONTAINER_ACTIONS, CONTAINER_STATES } from '@serverbox/contract/containers';
import { expect, test } from 'vitest';
import type { ActTarget } from './container-acts.ts';
import { refusalOf } from './container-acts.ts';

const aTarget = (state: ActTarget['state']) => ({ name: 'web', state }) as ActTarget;

test("the reason is the contract's own sentence for every act in every state", () => {
  for (const action of CONTAINER_ACTIONS) {
    for (const state of CONTAINER_STATES) {
      expect(refusalOf(action, aTarget(state), () => true)).toBe(actionRefusal(action, state));
    }
  }
});

test('who is not permitted hears that before anything about the state', () => {
  expect(refusalOf('remove', aTarget('removing'), (permission) => permission !== 'containers.remove')).toContain(
    'containers.remove',
  );
  expect(refusalOf('stop', aTarget('running'), () => true)).toBeUndefined();
});
