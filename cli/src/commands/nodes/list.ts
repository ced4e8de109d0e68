import type { NodeSummary } from '@serverbox/contract/nodes';
import type { CliCommand } from '../../command.ts';
import { formatTable } from '../../table.ts';

const percent = (ratio: number | null | undefined): string => (ratio == null ? '-' : `${Math.round(ratio * 100)}%`);
const share = (used: number | null | undefined, total: number | null | undefined): string =>
  used == null || total == null || total === 0 ? '-' : percent(used / total);

const nodeRow = ({ name, status, reading, containerCount }: NodeSummary): string[] => {
  const value = reading?.value;
  const containers = containerCount === null ? '-' : `${containerCount.running}/${containerCount.total}`;
  return [
    name,
    status.state,
    percent(value?.cpuRatio),
    share(value?.memUsedBytes, value?.memTotalBytes),
    share(value?.diskUsedBytes, value?.diskTotalBytes),
    containers,
    status.reason,
  ];
};

export const command: CliCommand = {
  name: 'list',
  summary: 'All nodes with status and load',
  declare: () => undefined,
  run: async ({ connect, print }) => {
    const { items } = await (await connect()).api.nodes.list.query({});
    print({ items }, () =>
      formatTable(['NAME', 'STATUS', 'CPU', 'MEM', 'DISK', 'CONTAINERS', 'REASON'], items.map(nodeRow)),
    );
    return undefined;
  },
};
