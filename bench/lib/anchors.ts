/**
 * What other programs reached, so that a figure can be placed without running them: measured once on a machine of two Xeon
 * cores (Debian 12, PostgreSQL 15, Docker 20.10, loopback only), or published by their authors. Compare ratios, not digits.
 */
export const ANCHORS_TAKEN_ON = '2026-11-20';

export interface Anchor {
  peer: string;
  /** In the unit of the figure with this id. */
  value: number;
}

export const ANCHORS: Readonly<Record<string, Anchor>> = {
  S1: { peer: 'Dockge 1.5', value: 1020 },
  S2: { peer: 'Termix 2.7', value: 142 },
  S3: { peer: 'Dockge 1.5', value: 112 },
  C1: { peer: 'Dockge 1.5, stacks only', value: 88.3 },
  C3: { peer: 'Dockge 1.5, polling', value: 10_088 },
  I1: { peer: 'one HTTP heartbeat a sample', value: 2292 },
  I3: { peer: 'Prometheus, published', value: 1.5 },
  I5: { peer: 'Beszel, published', value: 1000 },
  F1: { peer: "Hono's streamSSE", value: 1501 },
  F2: { peer: "Hono's streamSSE", value: 142 },
  T1: { peer: 'ttyd 1.7', value: 51.9 },
  T2: { peer: 'ttyd 1.7', value: 0.61 },
  T3: { peer: 'ttyd 1.7', value: 10.3 },
  T4: { peer: 'Termix 2.7', value: 4100 },
  T5: { peer: 'ttyd 1.7', value: 909 },
  T6: { peer: 'Termix 2.7, cold', value: 149 },
  T7: { peer: 'Termix 2.7', value: 820 },
  A1: { peer: 'node_exporter 1.5', value: 13.7 },
  A2: { peer: 'node_exporter 1.5', value: 20.4 },
  A3: { peer: 'node_exporter 1.5', value: 5.6 },
  L1: { peer: 'a transaction for each event', value: 1014 },
  L2: { peer: 'a transaction for each event', value: 72.9 },
  D1: { peer: 'Beszel 0.18', value: 163 },
  D2: { peer: 'Beszel 0.18', value: 1378 },
  D3: { peer: 'Dockge 1.5, 250 stacks', value: 541 },
};
