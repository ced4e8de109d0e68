/** What a simulated agent says: facts that fit the schema, and samples that look like measurements. */
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import type { NodeFacts } from '@serverbox/contract/wire';

const FACTS: NodeFacts = {
  hostname: 'simulated',
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0-18-amd64',
  arch: 'amd64',
  virtualization: 'kvm',
  cpuModel: null,
  cpuCores: 2,
  memTotalBytes: 4_106_129_408,
  bootedAt: 1_763_000_000_000,
  addresses: ['192.0.2.10'],
  dockerVersion: null,
  dockerProblem: null,
  agentVersion: '0.1.0',
};

/** Enough different rows that nothing is the same twice in a row, few enough to be made before the clock runs. */
const VARIANTS = 64;
const HALF = 0.5;

const row = (variant: number): number[] =>
  HOST_FIELDS.map((field, index) => {
    const wave = HALF + HALF * Math.sin(variant / 7 + index);
    if (field.endsWith('Ratio')) return Math.round(wave * 10_000) / 10_000;
    if (field.startsWith('load') || field.startsWith('temperature')) return Math.round(wave * 400) / 100;
    if (field.endsWith('PerSecond')) return Math.round(wave * 1e6);
    return field.endsWith('Bytes') ? Math.round(wave * 4e6) * 1024 : Math.round(wave * 300);
  });

const ROWS = Array.from({ length: VARIANTS }, (_, variant) => JSON.stringify(row(variant)));

export const helloLine = (epoch: string): string =>
  `${JSON.stringify({ type: 'hello', protocol: 1, epoch, now: Date.now(), services: ['metrics'], facts: FACTS })}\n`;
/** `at` is Unix milliseconds. */
export const hostLine = (seq: number, at: number): string =>
  `{"type":"host","seq":${seq},"at":${at},"values":${ROWS[seq % VARIANTS]}}\n`;
export const simulatedFacts = (hostname: string): NodeFacts => ({ ...FACTS, hostname });
