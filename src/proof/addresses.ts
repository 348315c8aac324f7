import { holds, parseIpRange } from '../spec/ip-range';
import type { IpRange } from '../spec/ip-range';

/** Addresses that represent all, for some ranges. */

/** An address in each range that is in none of the ranges inside it, and one of each family in none at all. Ranges are nested or apart. */
export function addressesFor(wanted: readonly string[]): string[] {
  const ranges = wanted.flatMap((text) => parseIpRange(text) ?? []);
  const whole: IpRange[] = [{ bits: 32, first: 0n, prefix: 0 }, { bits: 128, first: 0n, prefix: 0 }];
  return [...ranges, ...whole].flatMap((range) => {
    const address = addressIn(range, ranges.filter((inner) => holds(range, inner) && !holds(inner, range)));
    return address === undefined ? [] : [address];
  });
}

function addressIn(range: IpRange, inside: readonly IpRange[]): string | undefined {
  const start = (one: IpRange) => one.first / size(one) * size(one);
  let candidate = start(range);
  for (const inner of [...inside].sort((one, other) => (start(one) < start(other) ? -1 : 1))) {
    if (candidate < start(inner)) break;
    const behind = start(inner) + size(inner);
    if (behind > candidate) candidate = behind;
  }
  return candidate < start(range) + size(range) ? addressText(candidate, range.bits) : undefined;
}

const size = ({ bits, prefix }: IpRange): bigint => 2n ** BigInt(bits - prefix);

function addressText(address: bigint, bits: 32 | 128): string {
  const groups = bits === 32 ? 4 : 8;
  const values = 2n ** BigInt(bits / groups);
  const parts = Array.from({ length: groups }, (_, index) => address / values ** BigInt(groups - 1 - index) % values);
  return bits === 32 ? parts.join('.') : parts.map((part) => part.toString(16)).join(':');
}
