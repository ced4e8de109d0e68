/** Figures of a node as the lists show them: shares of a whole, null where anything is unknown. */
import type { HostField } from '@serverbox/contract/metrics';
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import type { HostReading, NodeSummary } from '@serverbox/contract/nodes';
import { ratioOf } from '../../components/charts/level.ts';

export const figureOf = (node: NodeSummary, field: HostField): number | null => node.reading?.value[field] ?? null;

interface Shares {
  cpu: number | null;
  memory: number | null;
  disk: number | null;
}
export const sharesOf = (node: NodeSummary): Shares => ({
  cpu: figureOf(node, 'cpuRatio'),
  memory: ratioOf(figureOf(node, 'memUsedBytes'), figureOf(node, 'memTotalBytes')),
  disk: ratioOf(figureOf(node, 'diskUsedBytes'), figureOf(node, 'diskTotalBytes')),
});

/** The values of a live event by name. */
export const readingOf = (values: readonly (number | null)[]): HostReading =>
  Object.fromEntries(HOST_FIELDS.map((field, index) => [field, values[index] ?? null])) as HostReading;

/** Totals over nodes; a node that did not tell counts neither as part nor as whole. */
export const fleetShare = (nodes: readonly NodeSummary[], part: HostField, whole: HostField) => {
  const told = nodes.flatMap((node) => {
    const partOf = figureOf(node, part);
    const wholeOf = figureOf(node, whole);
    return partOf === null || wholeOf === null ? [] : [{ partOf, wholeOf }];
  });
  if (told.length === 0) return { used: null, total: null, ratio: null };
  const used = told.reduce((sum, { partOf }) => sum + partOf, 0);
  const total = told.reduce((sum, { wholeOf }) => sum + wholeOf, 0);
  return { used, total, ratio: ratioOf(used, total) };
};

/** Busy share over all cores of the fleet: a large machine weighs more than a small one. */
export const fleetCpu = (nodes: readonly NodeSummary[]) => {
  const told = nodes.flatMap((node) => {
    const busy = figureOf(node, 'cpuRatio');
    const cores = node.facts?.cpuCores;
    return busy === null || cores === undefined ? [] : [{ busy, cores }];
  });
  const cores = told.reduce((sum, node) => sum + node.cores, 0);
  return {
    cores,
    ratio: ratioOf(
      told.reduce((sum, node) => sum + node.busy * node.cores, 0),
      cores,
    ),
  };
};

/** Mean of several lines, point by point; a point that nobody knows stays unknown. */
export const meanLine = (lines: readonly (readonly (number | null)[])[]): (number | null)[] =>
  Array.from({ length: Math.max(0, ...lines.map((line) => line.length)) }, (_, index) => {
    const known = lines.flatMap((line) => line[index] ?? []);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
