import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { print, round } from './measure';
import { shipped } from './shipped';

const { REQUIRE_ENCRYPT_ALLOW_DECRYPT, RawAesKeyring, createEnvelopeCipher } = shipped();

/**
 * Every single bit of a signed message flipped, then 10,000 mutated messages: only documented errors come out, each in
 * little time and memory. `npx tsx --expose-gc bench/envelope-mutations.ts [--runs 10000] [--seed 1] [--json]`
 */

const DOCUMENTED = /^ERR_KEYSMITH_(NOT_AUTHENTIC|FORMAT|LIMIT|COMMITMENT_POLICY|CONTEXT|NO_KEY)$/;
const MAX_MS = 100;
const MAX_HEAP_MIB = 64;

function option(name: string, otherwise: number): number {
  const index = process.argv.indexOf(name);
  return index < 0 ? otherwise : Number(process.argv[index + 1]);
}

async function main(): Promise<void> {
  const keyring = new RawAesKeyring({ keyNamespace: 'bench', keyName: 'key', wrappingKey: randomBytes(32) });
  const cipher = createEnvelopeCipher({ keyring, commitmentPolicy: REQUIRE_ENCRYPT_ALLOW_DECRYPT });
  const signed = createEnvelopeCipher({ keyring, suite: 0x0578 });
  const context = { encryptionContext: { tenant: 'acme', größe: 'klein' } };
  const seeds = await Promise.all([
    cipher.encrypt(randomBytes(11), context),
    cipher.encrypt(randomBytes(200), { frameLength: 16 }),
    cipher.encrypt(Buffer.alloc(0)),
    signed.encrypt(randomBytes(40), context),
  ]);
  const outcomes: Record<string, number> = {};
  let slowest = 0;
  let largest = 0;

  const open = async (message: Buffer): Promise<void> => {
    const heap = process.memoryUsage();
    const start = performance.now();
    const code = await cipher.decrypt(message).then(() => 'opened', (error: { code?: string }) => error.code ?? String(error));
    slowest = Math.max(slowest, performance.now() - start);
    const after = process.memoryUsage();
    largest = Math.max(largest, after.heapUsed + after.arrayBuffers - heap.heapUsed - heap.arrayBuffers);
    outcomes[code] = (outcomes[code] ?? 0) + 1;
    if (!DOCUMENTED.test(code)) throw new Error(`${code} for ${message.toString('hex')}`);
  };

  const whole = seeds[3];
  for (let bit = 0; bit < 8 * whole.length; bit++) {
    const changed = Buffer.from(whole);
    const mask = 2 ** (bit % 8);
    const at = Math.floor(bit / 8);
    changed[at] += Math.floor(changed[at] / mask) % 2 ? -mask : mask;
    await open(changed);
  }

  const mutation = fc.record({
    seed: fc.nat(seeds.length - 1),
    other: fc.nat(seeds.length - 1),
    // Without the bias to small numbers, which would spoil the first byte of nearly every message.
    perMille: fc.noBias(fc.nat(999)),
    removed: fc.nat(64),
    inserted: fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(...[2, 4, 8].map((length) => Buffer.alloc(length, 255)))),
    splice: fc.boolean(),
  });
  await fc.assert(fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
    let message = seeds[mutations[0].seed];
    for (const { other, perMille, removed, inserted, splice } of mutations) {
      const offset = Math.floor(perMille * message.length / 1000);
      const rest = splice ? seeds[other] : message;
      message = Buffer.concat([message.subarray(0, offset), inserted, rest.subarray(Math.min(rest.length, offset + removed))]);
    }
    if (!seeds.some((seed) => seed.equals(message))) await open(message);
  }), { numRuns: option('--runs', 10_000), seed: option('--seed', 1) });

  print('Mutated messages', Object.entries(outcomes).map(([code, count]) => ({ code, count })), {
    'slowest, ms': round(slowest, 1),
    'largest growth of heap and buffers, MiB': round(largest / 2 ** 20, 1),
    'bounds': `${MAX_MS} ms, ${MAX_HEAP_MIB} MiB`,
  });
  if (slowest > MAX_MS || largest > MAX_HEAP_MIB * 2 ** 20) process.exitCode = 1;
}

void main();
