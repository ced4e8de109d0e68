import { expect, test } from 'vitest';
import { z } from 'zod';
import * as audit from './audit.ts';
import * as auth from './auth.ts';
import * as containers from './containers.ts';
import * as events from './events.ts';
import * as nodes from './nodes.ts';
import { Nothing } from './nothing.ts';
import * as organise from './organise.ts';
import { Preferences } from './preferences.ts';
import * as runs from './runs.ts';
import * as series from './series.ts';
import * as terminal from './terminal.ts';
import * as wire from './wire.ts';

const MODULES = { audit, auth, containers, events, nodes, organise, runs, series, terminal, wire };

/** What a caller sends: by the names that the contract gives to inputs. */
const INPUTS = [
  ['Nothing', Nothing] as const,
  ['Preferences', Preferences] as const,
  ...Object.values(MODULES).flatMap((module) =>
    Object.entries(module).filter(
      (entry): entry is [string, z.ZodObject] =>
        /(Input|Request|Target)$/.test(entry[0]) && entry[1] instanceof z.ZodObject,
    ),
  ),
];

test.each(INPUTS)('AZ-8 %s refuses a field that it does not name', (_, schema) => {
  const { error } = schema.safeParse({ role: 'admin' });
  expect(error?.issues).toContainEqual(expect.objectContaining({ code: 'unrecognized_keys', keys: ['role'] }));
});

test('the inputs are found by their names', () => {
  const names = INPUTS.map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining(['LoginInput', 'UpdateNodeInput', 'EnrollRequest', 'ContainerTarget']));
  expect(names.length).toBeGreaterThan(15);
});
