import { isIPv4, isIPv6, BlockList } from 'node:net';
import fc from 'fast-check';
import { holds, parseIpRange } from '../../src/spec/ip-range';

const within = (range: string, address: string) => holds(parseIpRange(range)!, parseIpRange(address)!);

test.each([
  ['203.0.113.0/24', '203.0.113.255', true],
  ['203.0.113.0/24', '203.0.114.0', false],
  ['203.0.113.7', '203.0.113.7', true],
  ['203.0.113.7', '203.0.113.8', false],
  ['0.0.0.0/0', '203.0.113.7', true],
  ['203.0.113.77/24', '203.0.113.1', true],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '2001:db9::', false],
  ['::/0', '::1', true],
  ['::ffff:203.0.113.0/120', '::ffff:203.0.113.9', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['::/0', '203.0.113.7', false],
  ['203.0.113.0/24', '203.0.113.0/25', true],
  ['203.0.113.0/25', '203.0.113.0/24', false],
])('%s holds %s: %s', (range, address, expected) => expect(within(range, address)).toBe(expected));

test.each([
  '', '203.0.113', '203.0.113.256', '203.0.113.7/33', '203.0.113.7/', '203.0.113.7/24/1', 's3.amazonaws.com', '1:2:3', '1::2::3', '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8', '12345::', 'g::', '::1/129', ':1', '::1.2.3',
])("'%s' is neither an address nor a range", (text) => expect(parseIpRange(text)).toBeUndefined());

describe('as Node reads them', () => {
  const ranges = fc.oneof(
    fc.record({ address: fc.ipV4(), prefix: fc.integer({ min: 0, max: 32 }) }),
    fc.record({ address: fc.ipV6().filter(isIPv6), prefix: fc.integer({ min: 0, max: 128 }) }),
  );
  const family = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6');

  test('addresses are in a range or not', () => {
    fc.assert(fc.property(ranges, fc.oneof(fc.ipV4(), fc.ipV6().filter(isIPv6)), ({ address, prefix }, other) => {
      fc.pre(family(address) === family(other));
      const list = new BlockList();
      list.addSubnet(address, prefix, family(address));
      expect(within(`${address}/${prefix}`, other)).toBe(list.check(other, family(other)));
      expect(within(`${address}/${prefix}`, address)).toBe(true);
    }), { numRuns: 500 });
  });
});
