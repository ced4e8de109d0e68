import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DOCTOR_HOPS, DoctorHop } from './doctor.ts';

const sample: unknown[] = JSON.parse(readFileSync(new URL('../doctor-samples/agent.json', import.meta.url), 'utf8'));

test('the agent tells its hops in the form of the contract, and what failed with advice', () => {
  const hops = sample.map((hop) => DoctorHop.strict().parse(hop));
  expect(hops.filter(({ result, advice }) => ['failed', 'warning'].includes(result) !== (advice !== null))).toEqual([]);
  const names = hops.map(({ hop }) => hop);
  // Seen from the agent the way begins with itself; the rest stands in the order of the contract.
  expect(names[0]).toBe('agent');
  expect(names.slice(1)).toEqual(DOCTOR_HOPS.filter((hop) => names.slice(1).includes(hop)));
});
