/** Networks of lab hosts. RFC 2544 keeps 198.18.0.0/15 for test benches: no real network is there. */
import { LAB_LABEL } from '../containers.ts';
import type { Engine } from '../engine.ts';

/**
 * `near`: this machine reaches its hosts, and they reach this machine. `far`: only hosts that are on both networks reach
 * those, as this machine has no address there.
 */
export type NetworkKind = 'near' | 'far';

export type LabNetwork = {
  name: string;
  kind: NetworkKind /** Its first three numbers, `198.18.16`. */;
  prefix: string;
};

const FIRST = 16;
const LAST = 239; // the lab's engines have theirs above

const create = async (engine: Engine, { name, kind, prefix }: LabNetwork): Promise<boolean> => {
  try {
    await engine.call('POST', '/networks/create', {
      Name: name,
      Labels: { [LAB_LABEL]: kind },
      IPAM: { Config: [{ Subnet: `${prefix}.0/24`, Gateway: `${prefix}.1` }] },
      Internal: kind === 'far',
      Options: kind === 'far' ? { 'com.docker.network.bridge.inhibit_ipv4': 'true' } : {},
    });
    return true;
  } catch (error) {
    if (error instanceof Error && /overlaps/.test(error.message)) return false;
    throw error;
  }
};

/** Makes a network on the first addresses that are free. */
export const createNetwork = async (engine: Engine, name: string, kind: NetworkKind): Promise<LabNetwork> => {
  for (let third = FIRST; third <= LAST; third += 1) {
    const network = { name, kind, prefix: `198.18.${third}` };
    if (await create(engine, network)) return network;
  }
  throw new Error('no network of the lab is free: `npm run lab down` gives them back');
};
