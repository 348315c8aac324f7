import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { KnownKeys } from './craft';
import { RAW_AES } from './oracle';
import { DOCUMENTED, codeOf } from './outcomes';
import { RawAesKeyring, REQUIRE_ENCRYPT_ALLOW_DECRYPT, createEnvelopeCipher } from '../../../src/runtime/envelope';

/** Whatever comes in, only documented errors come out. What is known to be tried is in `faults-of-messages` and `faults-of-contexts`, by number. */

const commitmentPolicy = REQUIRE_ENCRYPT_ALLOW_DECRYPT;

test('mutated messages end with documented errors alone', async () => {
  const keyring = new RawAesKeyring(RAW_AES);
  const cipher = createEnvelopeCipher({ keyring, commitmentPolicy });
  const seeds = await Promise.all([
    cipher.encrypt(Buffer.from('4111 1111 11'), { encryptionContext: { tenant: 'acme', stage: 'prod' } }),
    cipher.encrypt(randomBytes(100), { frameLength: 16 }),
    createEnvelopeCipher({ keyring, suite: 0x0578 }).encrypt(Buffer.from('4111 1111 11')),
  ]);
  const mutation = fc.record({
    seed: fc.nat(seeds.length - 1),
    // Without the bias to small numbers, which would spoil the first byte of nearly every message.
    perMille: fc.noBias(fc.nat(999)),
    removed: fc.nat(40),
    inserted: fc.uint8Array({ maxLength: 40 }),
  });
  await fc.assert(fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
    let message = seeds[mutations[0].seed];
    for (const { perMille, removed, inserted } of mutations) {
      const at = Math.floor(perMille * message.length / 1000);
      message = Buffer.concat([message.subarray(0, at), inserted, message.subarray(at + removed)]);
    }
    if (seeds.some((seed) => seed.equals(message))) return;
    expect(await codeOf(cipher, message)).toMatch(DOCUMENTED);
  }), { numRuns: 400 });
});

test('random bytes behind a true beginning end with documented errors alone', async () => {
  const cipher = createEnvelopeCipher({ keyring: new KnownKeys({ key: Buffer.alloc(32, 7) }), commitmentPolicy });
  const start = fc.constantFrom([2, 4, 0x78], [2, 5, 0x78], [1, 0x80, 1, 0x78], [1, 0x80, 0, 0x14]).map((bytes) => Buffer.from(bytes));
  await fc.assert(fc.asyncProperty(start, fc.uint8Array({ maxLength: 200 }), async (head, rest) => {
    expect(await codeOf(cipher, Buffer.concat([head, rest]))).toMatch(DOCUMENTED);
  }), { numRuns: 300 });
});
