import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { failure, invalid } from '../errors';
import { expand, extract, infoOf } from '../hkdf';
import type { BlockInfo } from '../hkdf';
import { prefixed } from './binding';
import { checkName } from './field-path';
import { kindOf } from './objects';
import { scalarBytes } from './scalar';
import type { Scalar } from './scalar';
import { wipe } from '../envelope/bytes';
import type { EnvelopeCipher } from '../envelope/cipher-types';
import type { EncryptionContext } from '../kms-port';

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

const SECRET_VERSION = 1;
const INDEX_KEY_BYTES = 32;
const SECRET_BYTES = 32;
const LABEL = /* @__PURE__ */ Buffer.from('keysmith blind index v1\0');
const NO_SALT = /* @__PURE__ */ Buffer.alloc(0);

interface Index {
  readonly bits: number;
  readonly normalize: (value: Scalar) => Scalar;
  readonly info: BlockInfo;
}

/**
 * A new secret for blind indexes, as an AWS Encryption SDK message: made once, and kept like configuration, beside the
 * table. Index values depend on it and on nothing that rotates; `reEncrypt` of the cipher moves it to another key
 * without changing them.
 */
export async function createIndexSecret(cipher: Pick<EnvelopeCipher, 'encrypt'>, encryptionContext?: EncryptionContext): Promise<Buffer> {
  const secret = Buffer.concat([Buffer.from([SECRET_VERSION]), randomBytes(SECRET_BYTES)]);
  try {
    return await cipher.encrypt(secret, { encryptionContext });
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
  #keys: Promise<ReadonlyMap<string, KeyObject>> | undefined;

  /** @throws `ERR_KEYSMITH_INPUT` for an option that cannot work */
  constructor({ cipher, secret, encryptionContext, table, indexes }: BlindIndexesOptions) {
    this.table = checkName(table, "'table'");
    if (!(secret instanceof Uint8Array)) throw invalid(`'secret' takes the bytes that createIndexSecret returned, got ${kindOf(secret)}`);
    this.#options = { cipher, secret: Uint8Array.from(secret), encryptionContext: encryptionContext && { ...encryptionContext } };
    this.#indexes = new Map(Object.entries(indexes).map(([name, options]) => [checkName(name, "'indexes'"), indexFrom(table, name, options)]));
  }

  public get names(): string[] {
    return [...this.#indexes.keys()];
  }

  /**
   * The index value of `value`: to be stored, or to be searched for. The first call opens the secret; the keys of the
   * indexes stay in memory.
   *
   * @throws `ERR_KEYSMITH_INPUT` for an index that is not there or a value that cannot be indexed; else what opening the secret throws
   */
  public async valueOf(name: string, value: Scalar): Promise<Buffer> {
    const index = this.#indexes.get(name);
    if (!index) throw invalid(`there is no blind index ${JSON.stringify(name)}: there is ${this.names.map((known) => JSON.stringify(known)).join(', ') || 'none'}`);
    const bytes = scalarBytes(index.normalize(value), `the value for the blind index ${JSON.stringify(name)}`);
    const keys = await (this.#keys ??= this.#openKeys());
    return truncated(createHmac('sha256', keys.get(name)!).update(bytes).digest(), index.bits);
  }

  async #openKeys(): Promise<ReadonlyMap<string, KeyObject>> {
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

function indexFrom(table: string, name: string, { bits = 64, normalize = 'exact' }: BlindIndexOptions): Index {
  if (!(Number.isInteger(bits) && bits >= 8 && bits <= 256)) throw invalid(`'bits' of the blind index ${JSON.stringify(name)} takes 8 to 256, got ${String(bits)}`);
  const info = infoOf(LABEL, prefixed(Buffer.from(table), "'table'"), prefixed(Buffer.from(name), 'the name of a blind index'));
  return { bits, normalize: normalizerOf(normalize, name), info };
}

function normalizerOf(normalize: unknown, name: string): (value: Scalar) => Scalar {
  if (normalize === 'exact') return (value) => value;
  if (normalize === 'caseless') return (value) => (typeof value === 'string' ? value.normalize('NFKC').toLowerCase().trim() : value);
  if (typeof normalize === 'function') return normalize as (value: Scalar) => Scalar;
  throw invalid(`'normalize' of the blind index ${JSON.stringify(name)} takes 'exact', 'caseless' or a function`);
}

function indexKeys(secret: Uint8Array, indexes: ReadonlyMap<string, Index>): ReadonlyMap<string, KeyObject> {
  const prk = extract('sha256', NO_SALT, secret);
  try {
    return new Map([...indexes].map(([name, { info }]) => [name, indexKey(expand('sha256', prk, INDEX_KEY_BYTES, info))]));
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
function truncated(digest: Buffer, bits: number): Buffer {
  const value = Buffer.from(digest.subarray(0, Math.ceil(bits / 8)));
  value[value.length - 1] -= value[value.length - 1] % 2 ** (8 * value.length - bits);
  return value;
}
