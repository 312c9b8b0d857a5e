import { isIPv4, isIPv6 } from 'node:net';

/**
 * The network that failures are counted against: an IPv4 address, or the /64 of an IPv6 one, which one customer has at will (RFC 6177). An
 * IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) counts as the IPv4 one. Whatever is no address is one address of its own.
 */
export function networkOf(ip: string | undefined): string {
  const address = ip?.trim().split('%')[0] ?? '';
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return 'none';
  const groups = groupsOf(address);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return [6, 7].flatMap((index) => bytesOf(groups[index] ?? 0)).join('.');
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

/** The wider network that a place on the map mostly keeps: the /24 of an IPv4 address, the /48 of an IPv6 one. */
export function neighbourhoodOf(ip: string | undefined): string {
  const network = networkOf(ip);
  return network.includes(':') ? network.split(':', 3).join(':') : network.replace(/\.\d+$/, '');
}

const bytesOf = (group: number): readonly number[] => [group >> 8, group & 0xff];

function groupsOf(address: string): readonly number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [left = '', right] = hex.split('::');
  const parse = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => parseInt(group, 16));
  const head = parse(left);
  const tail = parse(right ?? '');
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}
