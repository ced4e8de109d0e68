import { BlockList, isIP } from 'node:net';
import { ConfigError } from '../config.ts';

/** Answers for one peer and its headers which address to limit and to audit. */
export type ClientIp = (peer: string, forwardedFor: string | undefined) => string;

const withoutMapping = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);
const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * Believes `X-Forwarded-For` only as far as it was written by configured proxies: from the right, the first address that is
 * not a trusted proxy is the client. Without configured proxies the header is ignored. @throws ConfigError for a bad entry
 */
export const createClientIp = (trustedProxies: readonly string[]): ClientIp => {
  const trusted = new BlockList();
  for (const entry of trustedProxies) {
    const [address = '', bits] = entry.split('/');
    const width = familyOf(address) === 'ipv6' ? 128 : 32;
    const prefix = bits === undefined ? width : Number(bits);
    if (isIP(address) === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > width) {
      throw new ConfigError(
        `Bad configuration: SERVERBOX_TRUSTED_PROXIES has "${entry}", not an address or CIDR block.`,
      );
    }
    trusted.addSubnet(address, prefix, familyOf(address));
  }
  const isTrusted = (address: string) => isIP(address) !== 0 && trusted.check(address, familyOf(address));

  return (rawPeer, forwardedFor) => {
    const peer = withoutMapping(rawPeer);
    if (forwardedFor === undefined || !isTrusted(peer)) return peer;
    const hops = forwardedFor.split(',').map((hop) => withoutMapping(hop.trim()));
    const client = hops.reverse().find((hop) => !isTrusted(hop));
    return client !== undefined && isIP(client) !== 0 ? client : peer;
  };
};
