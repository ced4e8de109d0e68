/**
 * What is measured, in which order and unit. The order is the wire and storage format: append only, never reorder.
 * `null` on the wire and `NaN` in a stored array both mean "not known here", which is never zero.
 */
export const HOST_FIELDS = [
  'cpuRatio', // busy share of all cores, 0 to 1
  'cpuUserRatio',
  'cpuSystemRatio',
  'cpuIowaitRatio',
  'cpuStealRatio',
  'load1',
  'load5',
  'load15',
  'memTotalBytes',
  'memUsedBytes', // total minus available
  'memCachedBytes',
  'swapTotalBytes',
  'swapUsedBytes',
  'diskTotalBytes', // sum over real file systems, each device once
  'diskUsedBytes',
  'diskInodesRatio', // the fullest file system
  'diskReadBytesPerSecond', // sum over physical disks
  'diskWriteBytesPerSecond',
  'diskBusyRatio', // the busiest disk
  'netRxBytesPerSecond', // sum over interfaces that are neither loopback nor virtual
  'netTxBytesPerSecond',
  'tcpEstablished',
  'processCount',
  'temperatureCelsius', // the hottest sensor
] as const;
export type HostField = (typeof HOST_FIELDS)[number];

export const CONTAINER_FIELDS = [
  'cpuCores', // 1.0 is one core fully busy
  'memUsedBytes', // without the page cache that can be dropped
  'memLimitBytes', // null without a limit
  'netRxBytesPerSecond',
  'netTxBytesPerSecond',
  'blockReadBytesPerSecond',
  'blockWriteBytesPerSecond',
  'pids',
] as const;
export type ContainerField = (typeof CONTAINER_FIELDS)[number];

/** Agents sample at the idle pace; at the watched pace while somebody looks at that node. */
export const IDLE_INTERVAL_MS = 5000;
export const WATCHED_INTERVAL_MS = 1000;
