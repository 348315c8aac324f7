import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { shipped } from './shipped';

const { DataKeyCache, RawAesKeyring, createEnvelopeCipher } = shipped();

/** The same work done by this library, by @aws-crypto/client-node and by node:crypto alone. Raw AES keyrings: no network. */

export const CONTEXT = { tenant: 'acme', purpose: 'bench' };
const KEY = randomBytes(32);
const NAMES = { keyNamespace: 'bench', keyName: 'wrapping key' };

/** One way to encrypt and decrypt buffers. */
export interface BufferWay {
  readonly name: string;
  encrypt(plaintext: Buffer): Buffer | Promise<Buffer>;
  decrypt(message: Buffer): Buffer | Promise<Buffer>;
}

/** What one call to AES-256-GCM costs: a random IV in front, the tag behind. */
export const RAW: BufferWay = {
  name: 'raw aes-256-gcm',
  encrypt(plaintext) {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', KEY, iv);
    return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  },
  decrypt(message) {
    const decipher = createDecipheriv('aes-256-gcm', KEY, message.subarray(0, 12)).setAuthTag(message.subarray(-16));
    return Buffer.concat([decipher.update(message.subarray(12, -16)), decipher.final()]);
  },
};

const HEADER = randomBytes(300);
const FRAME_AAD = randomBytes(78);
const HEADER_IV = Buffer.alloc(12);
const FRAME_IV = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
const ID_BYTES = 32;
const TAG_BYTES = 16;

/**
 * The calls to node:crypto that suite 0x0478 asks for, and nothing else: HKDF over a message id for two keys, the commitment
 * compared, a tag over the header, one frame. No implementation of the format on node:crypto does with less; ids are drawn many at a time.
 */
export const FLOOR: BufferWay = {
  name: 'its node:crypto calls alone',
  encrypt(plaintext) {
    const messageId = idFromPool();
    const [key, commitment] = derived(messageId);
    const headerTag = sealed(key, HEADER_IV, HEADER)[1];
    return Buffer.concat([messageId, commitment, headerTag, ...sealed(key, FRAME_IV, FRAME_AAD, plaintext)]);
  },
  decrypt(message) {
    const [key, commitment] = derived(message.subarray(0, ID_BYTES));
    const headerTag = message.subarray(ID_BYTES + commitment.length, ID_BYTES + commitment.length + TAG_BYTES);
    if (!timingSafeEqual(commitment, message.subarray(ID_BYTES, ID_BYTES + commitment.length))) throw new Error('another data key');
    opened(key, HEADER_IV, HEADER, headerTag);
    return opened(key, FRAME_IV, FRAME_AAD, message.subarray(-TAG_BYTES), message.subarray(ID_BYTES + commitment.length + TAG_BYTES, -TAG_BYTES));
  },
};

let ids = Buffer.alloc(0);

function idFromPool(): Buffer {
  if (!ids.length) ids = randomBytes(64 * ID_BYTES);
  const id = ids.subarray(0, ID_BYTES);
  ids = ids.subarray(ID_BYTES);
  return id;
}

const INFO = Buffer.from('xxDERIVEKEY\u0001');
const COMMIT_INFO = Buffer.from('COMMITKEY\u0001');

function derived(messageId: Buffer): [key: Buffer, commitment: Buffer] {
  const prk = createHmac('sha512', messageId).update(KEY).digest();
  return [
    createHmac('sha512', prk).update(INFO).digest().subarray(0, 32),
    createHmac('sha512', prk).update(COMMIT_INFO).digest().subarray(0, 32),
  ];
}

function sealed(key: Buffer, iv: Buffer, aad: Buffer, plaintext?: Buffer): [ciphertext: Buffer, tag: Buffer] {
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad);
  const ciphertext = plaintext ? cipher.update(plaintext) : ids;
  cipher.final();
  return [ciphertext, cipher.getAuthTag()];
}

function opened(key: Buffer, iv: Buffer, aad: Buffer, tag: Buffer, ciphertext?: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(aad).setAuthTag(tag);
  const plaintext = ciphertext ? decipher.update(ciphertext) : ids;
  decipher.final();
  return plaintext;
}

function ours(name: string, options: Partial<Parameters<typeof createEnvelopeCipher>[0]>): BufferWay {
  const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring({ ...NAMES, wrappingKey: KEY }), ...options });
  return {
    name,
    encrypt: (plaintext) => cipher.encrypt(plaintext, { encryptionContext: CONTEXT }),
    decrypt: async (message) => (await cipher.decrypt(message, { encryptionContext: CONTEXT })).plaintext,
  };
}

/** A cache that drops nothing while a benchmark runs. */
const lasting = () => new DataKeyCache({ maxAgeMs: 3_600_000, maxMessages: 2 ** 32, maxBytes: 2 ** 50 });

/** This library's, with the way that has bounds to keep first. */
export function ownWays(): BufferWay[] {
  return [
    ours('keysmith 0x0478 cached', { cache: lasting() }),
    ours('keysmith 0x0478', {}),
    ours('keysmith 0x0578 cached', { cache: lasting(), suite: 0x0578 }),
  ];
}

/** Those of the AWS Encryption SDK, with the one to compare with first. It is loaded here, so that it disturbs nobody before. */
export async function peerWays(): Promise<BufferWay[]> {
  const {
    AlgorithmSuiteIdentifier, CommitmentPolicy, NodeCachingMaterialsManager, RawAesKeyringNode, RawAesWrappingSuiteIdentifier, buildClient,
    getLocalCryptographicMaterialsCache,
  } = await import('@aws-crypto/client-node');
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const keyring = new RawAesKeyringNode({
    ...NAMES,
    unencryptedMasterKey: new Uint8Array(KEY),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting: true,
  });
  const caching = new NodeCachingMaterialsManager({ backingMaterials: keyring, cache: getLocalCryptographicMaterialsCache(1000), maxAge: 3_600_000 });
  const way = (name: string, materials: typeof keyring | typeof caching, suiteId: number): BufferWay => ({
    name,
    encrypt: async (plaintext) => {
      const options = { suiteId: suiteId as typeof AlgorithmSuiteIdentifier[keyof typeof AlgorithmSuiteIdentifier], encryptionContext: CONTEXT };
      return (await encrypt(materials, plaintext, { ...options, plaintextLength: plaintext.length })).result;
    },
    decrypt: async (message) => (await decrypt(materials, message)).plaintext,
  });
  return [
    way('client-node 0x0478 cached', caching, 0x0478),
    way('client-node 0x0478', keyring, 0x0478),
    way('client-node 0x0578 (default)', keyring, 0x0578),
  ];
}
