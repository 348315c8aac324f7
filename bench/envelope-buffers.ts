import { randomBytes } from 'node:crypto';
import { bufferWays, RAW } from './envelope-contenders';
import { measure, print, round } from './measure';

/**
 * Microseconds to encrypt and decrypt a buffer, and how many times that of one raw AES-GCM call it is.
 * `npx tsx bench/envelope-buffers.ts [--quick] [--json]`
 */

const SIZES: Array<[label: string, bytes: number]> = [
  ['100 B', 100], ['1 KiB', 1024], ['64 KiB', 2 ** 16], ['1 MiB', 2 ** 20], ['16 MiB', 2 ** 24], ['64 MiB', 2 ** 26],
];
const quick = process.argv.includes('--quick');

/** What has to hold, by size: times raw AES-GCM to encrypt and to decrypt with a cached data key. */
const BOUNDS: Record<string, [encrypt: number, decrypt: number]> = { '1 KiB': [3, 5], '64 KiB': [1.5, 2], '1 MiB': [1.6, 2.2] };

async function main(): Promise<void> {
  const rows: Array<Record<string, string | number>> = [];
  const bounds: Record<string, string> = {};
  for (const [label, bytes] of SIZES.filter(([, size]) => !quick || size <= 2 ** 20)) {
    const plaintext = randomBytes(bytes);
    const ways = bufferWays();
    const messages = new Map(await Promise.all(ways.map(async (way) => [way.name, Buffer.from(await way.encrypt(plaintext))] as const)));
    const options = bytes > 2 ** 22 ? { rounds: 5, roundMs: 1 } : { rounds: quick ? 7 : 15, roundMs: quick ? 10 : 25 };
    const encrypt = await measure(ways.map((way) => ({ name: way.name, run: () => way.encrypt(plaintext) })), options);
    const decrypt = await measure(ways.map((way) => ({ name: way.name, run: () => way.decrypt(messages.get(way.name)!) })), options);
    for (const { name } of ways) {
      rows.push({
        'size': label,
        'way': name,
        'encrypt µs': round(encrypt[name], 1),
        '× raw': round(encrypt[name] / encrypt[RAW.name]),
        'decrypt µs': round(decrypt[name], 1),
        '× raw ': round(decrypt[name] / decrypt[RAW.name]),
      });
    }
    const [own, peer] = ['keysmith 0x0478 cached', 'client-node 0x0478 cached'];
    const [most, mostBack] = BOUNDS[label] ?? [];
    bounds[label] = [
      `encrypt ${round(encrypt[own] / encrypt[RAW.name])}${most ? ` (bound ${most})` : ''}`,
      `decrypt ${round(decrypt[own] / decrypt[RAW.name])}${mostBack ? ` (bound ${mostBack})` : ''}`,
      `client-node's time: × ${round(encrypt[peer] / encrypt[own], 1)} and × ${round(decrypt[peer] / decrypt[own], 1)}`,
    ].join(', ');
  }
  print('Envelope encryption of buffers', rows, { 'cached 0x0478, times raw': bounds });
}

void main();
