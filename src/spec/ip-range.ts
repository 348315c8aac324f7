/** Ranges of IP addresses as IAM writes them: `203.0.113.0/24`, `2001:db8::/32`, or one address (IAM User Guide, "IP address condition operators"). */
export interface IpRange {
  readonly bits: 32 | 128;
  readonly first: bigint;
  readonly prefix: number;
}

/** Reads an address or a CIDR range; undefined for anything else. */
export function parseIpRange(text: string): IpRange | undefined {
  const [address, prefixText, ...rest] = text.split('/');
  if (rest.length > 0) return undefined;
  const bits = address.includes(':') ? 128 : 32;
  const first = bits === 32 ? parseV4(address) : parseV6(address);
  if (first === undefined) return undefined;
  if (prefixText === undefined) return { bits, first, prefix: bits };
  if (!/^\d{1,3}$/.test(prefixText) || Number(prefixText) > bits) return undefined;
  return { bits, first, prefix: Number(prefixText) };
}

/** Whether a range holds all of another; an address of the other family is in no range. */
export function holds(range: IpRange, inner: IpRange): boolean {
  const size = 2n ** BigInt(range.bits - range.prefix);
  return range.bits === inner.bits && inner.prefix >= range.prefix && inner.first / size === range.first / size;
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')).flatMap(groupsOf));
  const missing = 8 - groups.flat().length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = halves.length === 2 ? [...groups[0], ...Array<string>(missing).fill('0'), ...groups[1]] : groups[0];
  if (all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}

/** A dotted quad at the end of an IPv6 address stands for two groups (RFC 4291 section 2.2). */
function groupsOf(group: string): string[] {
  const quad = group.includes('.') ? parseV4(group) : undefined;
  return quad === undefined ? [group] : [(quad / 65536n).toString(16), (quad % 65536n).toString(16)];
}
