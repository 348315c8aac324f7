import { randomBytes } from 'node:crypto';
import { FLOOR, RAW, ownWays, peerWays } from './envelope-contenders';
import type { BufferWay } from './envelope-contenders';
import { measureRounds, medians, print, round, timesAsLong } from './measure';

/**
 * Microseconds to encrypt and decrypt a buffer, and how many times that of one raw AES-GCM call it is. First this
 * library beside raw AES-GCM and beside the calls to node:crypto that the format asks for, then the AWS Encryption SDK beside both.
 * `npx tsx bench/envelope-buffers.ts [--quick] [--cpu] [--json]`
 */

const SIZES: Array<[label: string, bytes: number]> = [
  ['100 B', 100], ['1 KiB', 1024], ['64 KiB', 2 ** 16], ['1 MiB', 2 ** 20], ['16 MiB', 2 ** 24], ['64 MiB', 2 ** 26],
];
const quick = process.argv.includes('--quick');

/** What has to hold for each size with a cached data key: times the calls to node:crypto that the format asks for. */
const BOUND = 1.2;

/** Runs of each way before anything is measured: what the compiler takes is not charged to the first size. */
const WARM_UP = 3000;

/** Microseconds by way and round. */
interface Times {
  readonly encrypt: Record<string, number[]>;
  readonly decrypt: Record<string, number[]>;
}

async function timesOf(ways: readonly BufferWay[], bytes: number): Promise<Times> {
  const plaintext = randomBytes(bytes);
  const messages = new Map<string, Buffer>();
  for (const way of ways) messages.set(way.name, Buffer.from(await way.encrypt(plaintext)));
  // Large messages want many runs in a round: now and then one waits for fresh memory, or for what was used to be cleared away.
  const options = bytes > 2 ** 22 ? { rounds: 5, roundMs: 1 } : { rounds: quick ? 15 : 41, roundMs: (quick ? 5 : 10) * (bytes < 2 ** 20 ? 1 : 4) };
  return {
    encrypt: await measureRounds(ways.map((way) => ({ name: way.name, run: () => way.encrypt(plaintext) })), options),
    decrypt: await measureRounds(ways.map((way) => ({ name: way.name, run: () => way.decrypt(messages.get(way.name)!) })), options),
  };
}

async function warmUp(way: BufferWay): Promise<void> {
  const plaintext = randomBytes(100);
  for (let run = 0; run < WARM_UP; run++) await way.decrypt(Buffer.from(await way.encrypt(plaintext)));
}

function rowsOf(label: string, { encrypt, decrypt }: Times, names: readonly string[]): Array<Record<string, string | number>> {
  const [encrypting, decrypting] = [medians(encrypt), medians(decrypt)];
  return names.map((name) => ({
    'size': label,
    'way': name,
    'encrypt µs': round(encrypting[name], 1),
    '× raw': round(timesAsLong(encrypt, name, RAW.name)),
    'decrypt µs': round(decrypting[name], 1),
    '× raw ': round(timesAsLong(decrypt, name, RAW.name)),
  }));
}

async function main(): Promise<void> {
  const sizes = SIZES.filter(([, size]) => !quick || size <= 2 ** 20);
  const own = ownWays();
  for (const way of [RAW, FLOOR, ...own]) await warmUp(way);
  const ownTimes = new Map<string, Times>();
  for (const [label, bytes] of sizes) ownTimes.set(label, await timesOf([RAW, FLOOR, ...own], bytes));

  const peers = await peerWays();
  const rows: Array<Record<string, string | number>> = [];
  const summary: Record<string, string> = {};
  for (const [label, bytes] of sizes) {
    const times = ownTimes.get(label)!;
    const beside = await timesOf([RAW, own[0], ...peers], bytes);
    rows.push(...rowsOf(label, times, [RAW, FLOOR, ...own].map(({ name }) => name)), ...rowsOf(label, beside, peers.map(({ name }) => name)));
    const faster = (direction: keyof Times) => round(timesAsLong(beside[direction], peers[0].name, own[0].name), 1);
    const ratio = (direction: keyof Times) => `${direction} ${round(timesAsLong(times[direction], own[0].name, FLOOR.name))}`;
    summary[label] = [
      ratio('encrypt'), ratio('decrypt'), `× ${faster('encrypt')} and × ${faster('decrypt')} as fast as client-node with its cache`,
    ].join('; ');
  }
  print('Envelope encryption of buffers', rows);
  print(`keysmith 0x0478 cached, times its node:crypto calls alone (bound ${BOUND})`, Object.entries(summary).map(([size, times]) => ({ size, times })));
}

void main();
