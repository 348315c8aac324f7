import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { unlessAborted } from '../abort';
import { failure, invalid, isKeysmithError } from '../errors';
import { expand, extract, infoOf } from '../hkdf';
import type { BlockInfo } from '../hkdf';
import { prefixed } from './binding';
import { checkName } from './field-path';
import { kindOf } from './objects';
import { scalarBytes } from './scalar';
import type { KeyType, Scalar } from './scalar';
import { wipe } from '../envelope/bytes';
import type { EnvelopeCipher } from '../envelope/cipher-types';
import type { CallOptions, EncryptionContext } from '../kms-port';
import type { OwnedBuffer } from '../owned-bytes';
import { knownOptions } from '../whole-numbers';

/** How one blind index is made. All of it decides about its values: a change takes writing the records again. */
export interface BlindIndexOptions {
  /**
   * Bits of an index value, 8 to 256. With few bits different values share an index value: a search finds strangers,
   * to be sorted out after decryption, and who reads the table learns less.
   *
   * @default 64 - different values practically never meet
   */
  readonly bits?: number;
  /**
   * What makes two values the same to a search: nothing, text without regard to case, width and outer spaces (Unicode
   * NFKC, lower case, trimmed), or what a function returns.
   *
   * @default 'exact'
   */
  readonly normalize?: 'exact' | 'caseless' | ((value: Scalar) => Scalar);
}

/** What the blind indexes of a table are made with. */
export interface BlindIndexesOptions {
  /** Opens the secret: an envelope cipher of the key that `createIndexSecret` was given one of. */
  readonly cipher: Pick<EnvelopeCipher, 'decrypt'>;
  /** What `createIndexSecret` returned. */
  readonly secret: Uint8Array;
  /** Pairs that the secret must have been wrapped with. @default - those of the cipher's contract */
  readonly encryptionContext?: EncryptionContext;
  /** Name of the table: the same value has another index value in another table. */
  readonly table: string;
  /** Indexes by the name of their attribute or column. */
  readonly indexes: Readonly<Record<string, BlindIndexOptions>>;
}

/**
 * What an index secret is bound to, and nothing else is: whatever opens messages for its callers, and says what their
 * context must be, does not open the secret for them.
 */
export const INDEX_SECRET_CONTEXT: EncryptionContext = /* @__PURE__ */ Object.freeze({ 'keysmith-purpose': 'blind index secret' });

const SECRET_VERSION = 1;
const INDEX_KEY_BYTES = 32;
const SECRET_BYTES = 32;
const OPTIONS = ['cipher', 'secret', 'encryptionContext', 'table', 'indexes'];
const LABEL = /* @__PURE__ */ Buffer.from('keysmith blind index v1\0');
const PARTITION_LABEL = /* @__PURE__ */ Buffer.from('keysmith blind index partition v1\0');
const NO_SALT = /* @__PURE__ */ Buffer.alloc(0);

interface Index {
  readonly bits: number;
  readonly normalize: (value: Scalar) => Scalar;
  /** Of the key for values without a partition, and of the one that keys of partitions are made of. */
  readonly info: BlockInfo;
  readonly partitionInfo: BlockInfo;
}

interface IndexKeys {
  readonly whole: KeyObject;
  readonly partitions: KeyObject;
}

/**
 * A new secret for blind indexes, as an AWS Encryption SDK message: made once, and kept like configuration, beside the
 * table. Index values depend on it and on nothing that rotates; `reEncrypt` of the cipher moves it to another key
 * without changing them.
 *
 * @param encryptionContext - what it is bound to: other pairs than any record or message has. By default
 *   `INDEX_SECRET_CONTEXT` beside what the cipher's contract fixes, or only that where the contract takes no more
 */
export async function createIndexSecret(
  cipher: Pick<EnvelopeCipher, 'encrypt'>, encryptionContext?: EncryptionContext, options: CallOptions = {},
): Promise<OwnedBuffer> {
  const { abortSignal } = knownOptions(options, ['abortSignal']);
  const secret = randomBytes(1 + SECRET_BYTES);
  secret[0] = SECRET_VERSION;
  try {
    return await cipher.encrypt(secret, { encryptionContext: encryptionContext ?? INDEX_SECRET_CONTEXT, abortSignal });
  } catch (error) {
    if (encryptionContext || !isKeysmithError(error) || error.code !== 'ERR_KEYSMITH_CONTEXT') throw error;
    return await cipher.encrypt(secret, { abortSignal });
  } finally {
    wipe(secret);
  }
}

/**
 * Index values for equality search over encrypted fields: HMAC-SHA-256 under a key of the index's own, truncated.
 *
 * Whoever reads the table learns which records have the same value, and how often each occurs: with few possible
 * values, or known frequencies, that can tell the values. Index only what is searched for and hard to guess.
 * docs/record-format.md, "Blind indexes".
 */
export class BlindIndexes {
  public readonly table: string;
  readonly #options: Pick<BlindIndexesOptions, 'cipher' | 'secret' | 'encryptionContext'>;
  readonly #indexes: ReadonlyMap<string, Index>;
  #keys: Promise<ReadonlyMap<string, IndexKeys>> | undefined;

  /** @throws `ERR_KEYSMITH_INPUT` for an option that cannot work */
  constructor(options: BlindIndexesOptions) {
    const { cipher, secret, encryptionContext, table, indexes } = knownOptions(options, OPTIONS);
    this.table = checkName(table, "'table'");
    if (!(secret instanceof Uint8Array)) throw invalid(`'secret' takes the bytes that createIndexSecret returned, got ${kindOf(secret)}`);
    this.#options = { cipher, secret: Uint8Array.from(secret), encryptionContext: encryptionContext && { ...encryptionContext } };
    this.#indexes = new Map(Object.entries(indexes).map(([name, index]) => [checkName(name, "'indexes'"), indexFrom(table, name, index)]));
  }

  public get names(): string[] {
    return [...this.#indexes.keys()];
  }

  /**
   * The index value of `value`: to be stored, or to be searched for. The first call opens the secret; the keys of the
   * indexes stay in memory.
   *
   * @param partition - whose values these are, such as a tenant: each has keys of its own. @default - of nobody in particular
   * @param partitionType - what a partition is that comes as text, as `keyTypes` of a record cipher. @default - text
   * @param abortSignal - ends the wait for the secret, which is opened for others too
   * @throws `ERR_KEYSMITH_INPUT` for an index that is not there or a value that cannot be indexed; else what opening the secret throws
   */
  public async valueOf(name: string, value: Scalar, partition?: Scalar, partitionType?: KeyType, abortSignal?: AbortSignal): Promise<OwnedBuffer> {
    const index = this.#index(name);
    const bytes = scalarBytes(index.normalize(value), `the value for the blind index ${JSON.stringify(name)}`);
    const part = partition === undefined ? undefined : scalarBytes(partition, `the partition of the blind index ${JSON.stringify(name)}`, partitionType);
    try {
      const { whole, partitions } = (await unlessAborted(abortSignal, () => this.#keys ??= this.#openKeys())).get(name)!;
      const key = part && createHmac('sha256', partitions).update(part).digest();
      const digest = createHmac('sha256', key ?? whole).update(bytes).digest();
      wipe(key);
      return truncated(digest, index.bits);
    } finally {
      // What is encrypted in its field.
      wipe(bytes);
    }
  }

  /** Bytes of the values of an index. @throws `ERR_KEYSMITH_INPUT` for an index that is not there */
  public bytesOf(name: string): number {
    return Math.ceil(this.#index(name).bits / 8);
  }

  #index(name: string): Index {
    const index = this.#indexes.get(name);
    if (!index) throw invalid(`there is no blind index ${JSON.stringify(name)}: there is ${this.names.map((known) => JSON.stringify(known)).join(', ') || 'none'}`);
    return index;
  }

  async #openKeys(): Promise<ReadonlyMap<string, IndexKeys>> {
    try {
      const { cipher, secret, encryptionContext } = this.#options;
      const { plaintext } = await cipher.decrypt(secret, { encryptionContext });
      try {
        if (plaintext.length !== 1 + SECRET_BYTES || plaintext[0] !== SECRET_VERSION) {
          throw failure('FORMAT', "'secret' is a message, but does not hold an index secret that this version reads: make one with createIndexSecret");
        }
        return indexKeys(plaintext.subarray(1), this.#indexes);
      } finally {
        wipe(plaintext);
      }
    } catch (error) {
      this.#keys = undefined;
      throw error;
    }
  }
}

function indexFrom(table: string, name: string, options: BlindIndexOptions): Index {
  const { bits = 64, normalize = 'exact' } = knownOptions(options, ['bits', 'normalize']);
  if (!(Number.isInteger(bits) && bits >= 8 && bits <= 256)) throw invalid(`'bits' of the blind index ${JSON.stringify(name)} takes 8 to 256, got ${String(bits)}`);
  const place = [prefixed(Buffer.from(table), "'table'"), prefixed(Buffer.from(name), 'the name of a blind index')];
  return { bits, normalize: normalizerOf(normalize, name), info: infoOf(LABEL, ...place), partitionInfo: infoOf(PARTITION_LABEL, ...place) };
}

function normalizerOf(normalize: unknown, name: string): (value: Scalar) => Scalar {
  if (normalize === 'exact') return (value) => value;
  if (normalize === 'caseless') return (value) => (typeof value === 'string' ? value.normalize('NFKC').toLowerCase().trim() : value);
  if (typeof normalize === 'function') return normalize as (value: Scalar) => Scalar;
  throw invalid(`'normalize' of the blind index ${JSON.stringify(name)} takes 'exact', 'caseless' or a function`);
}

function indexKeys(secret: Uint8Array, indexes: ReadonlyMap<string, Index>): ReadonlyMap<string, IndexKeys> {
  const prk = extract('sha256', NO_SALT, secret);
  try {
    const keyOf = (info: BlockInfo) => indexKey(expand('sha256', prk, INDEX_KEY_BYTES, info));
    return new Map([...indexes].map(([name, { info, partitionInfo }]) => [name, { whole: keyOf(info), partitions: keyOf(partitionInfo) }]));
  } finally {
    wipe(prk);
  }
}

function indexKey(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  wipe(bytes);
  return key;
}

/** The first bits of a digest; what is left of the last byte is zero. */
function truncated(digest: Buffer, bits: number): OwnedBuffer {
  const value = Buffer.from(digest.subarray(0, Math.ceil(bits / 8)));
  value[value.length - 1] -= value[value.length - 1] % 2 ** (8 * value.length - bits);
  return value;
}
