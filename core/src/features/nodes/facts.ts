/** What changed about a machine, field by field and as people would tell it. Pure. */
import type { NodeFacts } from '@serverbox/contract/wire';

const GIB = 1024 ** 3;
/** The agent computes the boot time from the clock and the uptime, which drift against each other. */
const SAME_BOOT_MS = 120_000;
/** A kernel reserves a little more or less at each start. */
const SAME_MEMORY_RATIO = 0.01;

const TEXTS = {
  hostname: 'Host name',
  os: 'Operating system',
  kernel: 'Kernel',
  arch: 'Architecture',
  virtualization: 'Virtualization',
  cpuModel: 'CPU',
  cpuCores: 'Number of cores',
  dockerVersion: 'Docker',
  agentVersion: 'Agent',
} as const satisfies Partial<Record<keyof NodeFacts, string>>;
const LABELS: Partial<Record<keyof NodeFacts, string>> = {
  ...TEXTS,
  memTotalBytes: 'Memory',
  addresses: 'Addresses',
  bootedAt: 'Started',
};

export interface FactChange {
  field: keyof NodeFacts;
  /** Null: was not known, or is not there. */
  before: string | null;
  after: string | null;
}

/** What people call the field of a change that was stored, maybe by an older version. */
export const factLabel = (field: string): string => LABELS[field as keyof NodeFacts] ?? field;

const memoryText = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;
const instantText = (atMs: number): string => new Date(atMs).toISOString();
const textOf = (value: string | number | null): string | null => (value === null ? null : String(value));
const addressText = (addresses: readonly string[]): string | null =>
  addresses.length === 0 ? null : addresses.toSorted().join(', ');

/**
 * What is to be stored of what was just said. Measured over SSH while the agent is away (its version is not said then): what
 * the agent knows better, and what its owner permits, stays as it was, because nothing about the machine has changed.
 */
export const mergeSaid = <S extends { facts: NodeFacts; services: readonly string[] }>(
  before: { facts: NodeFacts | null; services: S['services'] },
  said: S,
): S => {
  if (said.facts.agentVersion !== '' || before.facts === null || before.facts.agentVersion === '') return said;
  const { agentVersion, virtualization, cpuModel, addresses, dockerVersion, dockerProblem } = before.facts;
  const kept = { agentVersion, virtualization, cpuModel, addresses, dockerVersion, dockerProblem };
  return { ...said, facts: { ...said.facts, ...kept }, services: before.services };
};

/** In the order in which they are told; none when nothing worth keeping has changed. */
export const listChanges = (before: NodeFacts, after: NodeFacts): FactChange[] => {
  const fields = Object.keys(TEXTS) as (keyof typeof TEXTS)[];
  const changes = fields
    .filter((field) => before[field] !== after[field])
    .map((field): FactChange => ({ field, before: textOf(before[field]), after: textOf(after[field]) }));
  const memory = [before.memTotalBytes, after.memTotalBytes] as const;
  if (Math.abs(memory[1] - memory[0]) > SAME_MEMORY_RATIO * memory[0])
    changes.push({ field: 'memTotalBytes', before: memoryText(memory[0]), after: memoryText(memory[1]) });
  const addresses = { before: addressText(before.addresses), after: addressText(after.addresses) };
  if (addresses.before !== addresses.after) changes.push({ field: 'addresses', ...addresses });
  if (after.bootedAt - before.bootedAt > SAME_BOOT_MS)
    changes.push({ field: 'bootedAt', before: instantText(before.bootedAt), after: instantText(after.bootedAt) });
  return changes;
};

/** One sentence for each change that belongs into the story; addresses come and go too often for that. */
export const describeChanges = (changes: readonly FactChange[]): string[] =>
  changes
    .filter(({ field }) => field !== 'addresses')
    .map(({ field, before, after }) =>
      field === 'bootedAt'
        ? 'The machine was restarted'
        : `${factLabel(field)} changed from ${before ?? 'none'} to ${after ?? 'none'}`,
    );
