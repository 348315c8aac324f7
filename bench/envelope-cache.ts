import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { CommitmentPolicy, NodeCachingMaterialsManager, RawAesKeyringNode, RawAesWrappingSuiteIdentifier, buildClient, getLocalCryptographicMaterialsCache } from '@aws-crypto/client-node';
import { measure, print, round } from './measure';
import { shipped } from './shipped';
import type { DataKeyCache as Cache, KmsPort } from '../src/runtime';

/**
 * What a data-key cache saves: calls to KMS for 100,000 small messages, what they cost in a month, and time.
 * `npx tsx bench/envelope-cache.ts [--cpu] [--json]`
 */

const { DataKeyCache, KmsKeyring, createEnvelopeCipher } = shipped();

const MESSAGES = 100_000;
const SMALL = randomBytes(100);
const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
/** Dollars for 10,000 requests with symmetric keys. https://aws.amazon.com/kms/pricing/ */
const PRICE = 0.03;
/** A call to KMS from within its Region, in milliseconds. */
const CALL_MS = 4;

/** Counts calls, and answers at once. */
class CountingKms {
  public calls = 0;
  readonly #key = randomBytes(32);

  public get port(): KmsPort {
    return this as unknown as KmsPort;
  }

  public async generateDataKey({ KeyId, NumberOfBytes }: { KeyId: string; NumberOfBytes: number }): Promise<object> {
    this.calls += 1;
    const plaintext = randomBytes(NumberOfBytes);
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    // As long as what KMS returns.
    const blob = Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag(), Buffer.alloc(124)]);
    return { KeyId, Plaintext: plaintext, CiphertextBlob: blob };
  }

  public async decrypt({ KeyId, CiphertextBlob }: { KeyId: string; CiphertextBlob: Uint8Array }): Promise<object> {
    this.calls += 1;
    const blob = Buffer.from(CiphertextBlob).subarray(0, 60);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, blob.subarray(0, 12)).setAuthTag(blob.subarray(44));
    return { KeyId, Plaintext: Buffer.concat([decipher.update(blob.subarray(12, 44)), decipher.final()]) };
  }
}

async function callsFor(cache: Cache | undefined, tenants: number): Promise<number> {
  const kms = new CountingKms();
  const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY_ARN }), cache });
  for (let index = 0; index < MESSAGES; index++) await cipher.encrypt(SMALL, { encryptionContext: { tenant: `t${index % tenants}` } });
  return kms.calls;
}

async function main(): Promise<void> {
  const rows = [];
  for (const [name, tenants, cache] of [
    ['without a cache', 1, undefined],
    ['cache at its defaults, 1 context', 1, new DataKeyCache()],
    ['cache at its defaults, 20 contexts', 20, new DataKeyCache()],
  ] as const) {
    const calls = await callsFor(cache, tenants);
    rows.push({
      'way': name,
      'KMS calls for 100,000 messages': calls,
      '$ a month at 100 messages/s': round(calls / MESSAGES * 100 * 86_400 * 30 / 10_000 * PRICE),
      'ms waited for KMS a message': round(calls / MESSAGES * CALL_MS, 4),
    });
  }
  const keysmith = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: new CountingKms().port, keyArn: KEY_ARN }), cache: new DataKeyCache() });
  const { encrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const peer = new NodeCachingMaterialsManager({
    backingMaterials: new RawAesKeyringNode({
      keyNamespace: 'bench', keyName: 'key', unencryptedMasterKey: new Uint8Array(32), wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    }),
    cache: getLocalCryptographicMaterialsCache(1000),
    maxAge: 60_000,
    maxMessagesEncrypted: 1000,
  });
  const encryptionContext = { tenant: 't0' };
  const times = await measure([
    { name: 'keysmith', run: () => keysmith.encrypt(SMALL, { encryptionContext }) },
    { name: 'client-node', run: () => encrypt(peer, SMALL, { suiteId: 0x0478, encryptionContext, plaintextLength: SMALL.length }) },
  ]);
  print('Data-key cache', rows, {
    'bound': 'at most 110 calls at the defaults',
    'µs a message of 100 B with a cache': { 'keysmith': round(times.keysmith, 1), 'client-node': round(times['client-node'], 1), 'ratio': round(times['client-node'] / times.keysmith, 1) },
  });
}

void main();
