import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AgentMessage, CoreMessage } from './wire.ts';

const samples = (name: string): unknown[] =>
  readFileSync(join(import.meta.dirname, '../wire-samples', name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test.each(samples('agent.ndjson'))('the golden agent message decodes to itself: %o', (sample) => {
  expect(AgentMessage.parse(sample)).toEqual(sample);
});

test.each(samples('core.ndjson'))('the golden core message decodes to itself: %o', (sample) => {
  expect(CoreMessage.parse(sample)).toEqual(sample);
});

test('the samples show every message of both sides', () => {
  const typesOf = (name: string) => new Set(samples(name).map((sample) => (sample as { type: string }).type));
  expect(typesOf('agent.ndjson')).toEqual(new Set(AgentMessage.options.map((option) => option.shape.type.value)));
  expect(typesOf('core.ndjson')).toEqual(new Set(CoreMessage.options.map((option) => option.shape.type.value)));
});

test('AG-11 an unknown field or message is refused', () => {
  expect(AgentMessage.safeParse({ type: 'shell', argv: ['id'] }).success).toBe(false);
  expect(CoreMessage.safeParse({ type: 'ack', seq: 1, extra: true }).success).toBe(false);
});
