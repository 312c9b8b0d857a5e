import { isIPv4, isIPv6 } from 'node:net';

/** `[v6]`, `[v6]:port`, and what is within the brackets. */
const BRACKETED = /^\[([^\]]*)\](?::\d{1,5})?$/;
const IPV4_AND_PORT = /^([\d.]+):\d{1,5}$/;

/**
 * The bare address from a socket or a proxy: without port (Azure writes `203.0.113.7:51234`), brackets, quotes (RFC
 * 7239, section 6) and zone. An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) becomes the IPv4 address.
 * Undefined for a text that is not an address, such as a forged header or a socket path.
 */
export function addressOf(written: string | undefined): string | undefined {
  if (written !== undefined && isIPv4(written)) return written;
  const text = written?.trim().replace(/^"(.*)"$/, '$1') ?? '';
  const bare = BRACKETED.exec(text)?.[1] ?? IPV4_AND_PORT.exec(text)?.[1] ?? text;
  const [address = ''] = bare.split('%', 1);
  if (isIPv4(address)) return address;
  return isIPv6(address) ? (mappedIpv4(groupsOf(address)) ?? address) : undefined;
}

/**
 * The network that failures are counted against: an IPv4 address, or the /64 of an IPv6 address, which one customer
 * controls (RFC 6177). All texts that are not an address count as one address.
 */
export function networkOf(ip: string | undefined): string {
  const address = addressOf(ip);
  if (address === undefined) return 'none';
  if (isIPv4(address)) return address;
  const network = groupsOf(address)
    .slice(0, 4)
    .map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

function mappedIpv4(groups: readonly number[]): string | undefined {
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return mapped ? [6, 7].flatMap((index) => bytesOf(groups[index] ?? 0)).join('.') : undefined;
}

/**
 * The wider network, which mostly stays the same at one location: the /24 of an IPv4 address, or the /48 of an IPv6
 * address.
 */
export function neighbourhoodOf(ip: string | undefined): string {
  const network = networkOf(ip);
  return network.includes(':') ? network.split(':', 3).join(':') : network.replace(/\.\d+$/, '');
}

const bytesOf = (group: number): readonly number[] => [group >> 8, group & 0xff];

function groupsOf(address: string): readonly number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)]
      .map((group) => group.toString(16))
      .join(':'),
  );
  const [left = '', right] = hex.split('::');
  const parse = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => parseInt(group, 16));
  const head = parse(left);
  const tail = parse(right ?? '');
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}
