import { execFileSync } from 'node:child_process';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { median, print, round, timesAsLong } from './measure';

/**
 * Megabytes a second of a long stream through cipher and decipher, with the peak memory of a process that does nothing
 * else. Each measurement is a process of its own; rounds are interleaved.
 * `npx tsx bench/envelope-streams.ts [--mib 1024] [--rounds 3] [--cpu] [--json]`
 */

interface StreamWay {
  readonly name: string;
  readonly make: () => Promise<{ seal: () => Duplex; open: () => Duplex }>;
}

// The same in every process, so that one decrypts what another wrote. A benchmark's key protects nothing.
const KEY = Buffer.alloc(32, 7);
const NAMES = { keyNamespace: 'bench', keyName: 'wrapping key' };
const CHUNK = Buffer.alloc(64 * 1024, 'x');
/** Of the raw stream, whose tag the file does not hold. */
const RAW_NAME = 'raw aes-256-gcm stream';

function ours(frameLength: number, name: string): StreamWay {
  return {
    name,
    make: async () => {
      const { RawAesKeyring, createEnvelopeCipher } = await import('../src/runtime/envelope/index.js');
      const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring({ ...NAMES, wrappingKey: KEY }), frameLength });
      return { seal: () => cipher.encryptStream(), open: () => cipher.decryptStream() };
    },
  };
}

function theirs(name: string, suiteId: number, frameLength: number): StreamWay {
  return {
    name,
    make: async () => {
      const { CommitmentPolicy, RawAesKeyringNode, RawAesWrappingSuiteIdentifier, buildClient } = await import('@aws-crypto/client-node');
      const { encryptStream, decryptStream } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
      const keyring = new RawAesKeyringNode({
        ...NAMES, unencryptedMasterKey: new Uint8Array(KEY), wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
      });
      return { seal: () => encryptStream(keyring, { suiteId, frameLength }), open: () => decryptStream(keyring) };
    },
  };
}

const WAYS: StreamWay[] = [
  {
    name: RAW_NAME,
    make: async () => ({
      seal: () => createCipheriv('aes-256-gcm', KEY, Buffer.alloc(12)),
      open: () => {
        const decipher = createDecipheriv('aes-256-gcm', KEY, Buffer.alloc(12));
        // Without its tag: as fast, and the plaintext came out before it could be checked anyhow.
        decipher._flush = (callback) => callback();
        return decipher;
      },
    }),
  },
  ours(2 ** 20, 'keysmith 0x0478, 1 MiB frames (default)'),
  ours(2 ** 16, 'keysmith 0x0478, 64 KiB frames'),
  theirs('client-node 0x0478, 1 MiB frames', 0x0478, 2 ** 20),
  theirs('client-node 0x0578, 4 KiB frames (default)', 0x0578, 4096),
];

function option(name: string, otherwise: number): number {
  const index = process.argv.indexOf(name);
  return index < 0 ? otherwise : Number(process.argv[index + 1]);
}

function* chunks(mib: number): Iterable<Buffer> {
  for (let index = 0; index < 16 * mib; index++) yield CHUNK;
}

const discard = () => new Writable({ write: (_chunk, _encoding, callback) => callback() });
const source = (mib: number) => Readable.from(chunks(mib), { objectMode: false, highWaterMark: CHUNK.length });

/** One measurement, in its own process: prints milliseconds and the peak of resident memory. */
async function child(way: StreamWay, direction: string, mib: number, file: string): Promise<void> {
  const { seal, open } = await way.make();
  const stream = direction === 'open' ? open() : seal();
  const from = direction === 'open' ? createReadStream(file, { highWaterMark: CHUNK.length }) : source(mib);
  const start = process.argv.includes('--cpu') ? process.cpuUsage() : performance.now();
  await pipeline(from, stream, direction === 'write' ? createWriteStream(file) : discard());
  const ms = typeof start === 'number' ? performance.now() - start : Object.values(process.cpuUsage(start)).reduce((sum, part) => sum + part, 0) / 1000;
  console.log(JSON.stringify({ ms, rssMiB: process.resourceUsage().maxRSS / 1024 }));
}

function measureIn(way: StreamWay, direction: string, mib: number, file: string): { ms: number; rssMiB: number } {
  const flags = process.argv.includes('--cpu') ? ['--cpu'] : [];
  const output = execFileSync(process.execPath, [...process.execArgv, __filename, '--child', way.name, direction, String(mib), file, ...flags], {
    encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output) as { ms: number; rssMiB: number };
}

function main(): void {
  const mib = option('--mib', 1024);
  const rounds = option('--rounds', 3);
  const directory = mkdtempSync(join(tmpdir(), 'envelope-streams-'));
  const samples = new Map(WAYS.map(({ name }) => [name, { seal: [] as number[], open: [] as number[], rssMiB: 0 }]));
  try {
    for (const [index, way] of WAYS.entries()) measureIn(way, 'write', mib, join(directory, `${index}`));
    for (let turn = 0; turn < rounds; turn++) {
      for (const [index, way] of WAYS.entries()) {
        for (const direction of ['seal', 'open'] as const) {
          const { ms, rssMiB } = measureIn(way, direction, mib, join(directory, `${index}`));
          const sample = samples.get(way.name)!;
          sample[direction].push(ms);
          sample.rssMiB = Math.max(sample.rssMiB, rssMiB);
        }
      }
    }
    const timesRaw = (name: string, direction: 'seal' | 'open') => round(timesAsLong(
      Object.fromEntries([...samples].map(([way, sample]) => [way, sample[direction]])), name, RAW_NAME,
    ));
    print(`Streams of ${mib} MiB`, WAYS.map(({ name }, index) => {
      const { seal, open, rssMiB } = samples.get(name)!;
      return {
        'way': name,
        'encrypt MB/s': round(mib * 1048.576 / median(seal), 0),
        '× raw': timesRaw(name, 'seal'),
        'decrypt MB/s': round(mib * 1048.576 / median(open), 0),
        '× raw ': timesRaw(name, 'open'),
        'peak RSS MiB': round(rssMiB, 0),
        'message bytes': statSync(join(directory, `${index}`)).size,
      };
    }), { bounds: 'keysmith with its default frames: at most 2 × raw, peak RSS at most 160 MiB' });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const childAt = process.argv.indexOf('--child');
if (childAt < 0) {
  main();
} else {
  const [name, direction, mib, file] = process.argv.slice(childAt + 1);
  void child(WAYS.find((way) => way.name === name)!, direction, Number(mib), file);
}
