/** Groups of 16 bits in an IPv6 address. */
const GROUPS_V6 = 8;
/** Groups of the prefix that one site is given at most (/48, RFC 6177). */
const SITE_GROUPS_V6 = 3;
/** No address is written longer than this (RFC 4291, with a zone and an IPv4 tail). */
const MAX_ADDRESS_CHARS = 64;

/** First bits of IPv4 addresses that say nothing of where a peer is: [address, bits] (RFC 6890, RFC 5771). */
const NOWHERE_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
];

/**
 * The network that a public address belongs to: /24 of IPv4, /48 of IPv6. Undefined for what says nothing of where a peer
 * is (loopback, private, link-local, shared, multicast, unspecified), for names, and for text that is no address.
 *
 * @example
 * networkPrefix('203.0.113.7'); // '203.0.113.0/24'
 * networkPrefix('2001:db8:1:2::3'); // '2001:db8:1::/48'
 * networkPrefix('192.168.0.2'); // undefined
 */
export function networkPrefix(address: string): string | undefined {
  if (address.length > MAX_ADDRESS_CHARS) return undefined;
  if (!address.includes(':')) {
    const bytes = parseV4(address);
    return bytes && prefixV4(bytes);
  }
  const groups = parseV6(address);
  if (groups === undefined) return undefined;
  const embedded = embeddedV4(groups);
  if (embedded !== undefined) return prefixV4(embedded);
  // Only 2000::/3 is handed out to sites (RFC 4291, 2.4); the rest is loopback, ULA, link-local, multicast or unused.
  if (groups[0]! >> 13 !== 1) return undefined;
  const site = groups.slice(0, SITE_GROUPS_V6).map((group) => group.toString(16));
  return `${site.join(':')}::/48`;
}

function prefixV4(bytes: readonly number[]): string | undefined {
  const isNowhere = NOWHERE_V4.some(([range, bits]) => {
    const shift = 32 - bits;
    return toNumber(bytes) >>> shift === toNumber(parseV4(range)!) >>> shift;
  });
  return isNowhere ? undefined : `${bytes.slice(0, 3).join('.')}.0/24`;
}

function toNumber([a = 0, b = 0, c = 0, d = 0]: readonly number[]): number {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** Four decimal bytes; no leading zeros, which some read as octal. */
function parseV4(text: string): number[] | undefined {
  const parts = text.split('.');
  const isAddress =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return isAddress ? parts.map(Number) : undefined;
}

/** The eight groups of an IPv6 address (RFC 4291, 2.2), brackets and zone taken off. */
function parseV6(text: string): number[] | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  const halves = bare.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, i) =>
    half === '' && halves.length === 2 ? [] : parseGroups(half, i === halves.length - 1),
  );
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const known = head.length + (tail?.length ?? 0);
  if (tail === undefined) return known === GROUPS_V6 ? head : undefined;
  if (known >= GROUPS_V6) return undefined;
  return [...head, ...new Array<number>(GROUPS_V6 - known).fill(0), ...tail];
}

/** Groups between colons; at the end of an address the last may be an IPv4 address, which is two. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    const bytes = isEnd && i === parts.length - 1 ? parseV4(part) : undefined;
    if (bytes !== undefined) groups.push((bytes[0]! << 8) | bytes[1]!, (bytes[2]! << 8) | bytes[3]!);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** The IPv4 address inside an IPv4-mapped one (::ffff:0:0/96) or a NAT64 one (64:ff9b::/96, RFC 6052). */
function embeddedV4(groups: readonly number[]): number[] | undefined {
  const start = groups.slice(0, 6).join();
  if (start !== '0,0,0,0,0,65535' && start !== `${0x64},${0xff9b},0,0,0,0`) return undefined;
  return groups.slice(6).flatMap((group) => [group >> 8, group & 255]);
}
