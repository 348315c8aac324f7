import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { invalid } from '../../errors';
import { binaryOf } from '../../input';
import type { EncryptionContext } from '../../kms-port';
import { ofType, quoted } from '../../text';
import { knownOptions } from '../../whole-numbers';
import { NO_BYTES, asBuffer, fields, giveAway, textBytes, wipe } from '../bytes';
import { serializeContext } from '../context-codec';
import { refuse } from '../failures';
import type { DecryptDataKeyRequest, EncryptedDataKey, GenerateDataKeyRequest, GeneratedDataKey, Keyring, WrapDataKeyRequest } from '../keyring';
import { localDataKey } from './local-data-key';
import { checkNamespace, noKeyFor } from './no-key';
import { IV_BYTES, TAG_BYTES } from '../suites';

/** How a raw AES keyring is set up. */
export interface RawAesKeyringOptions {
  /** Names the key's owner or store; not `aws-kms`. Stands in every message. */
  readonly keyNamespace: string;
  /** Names the key. Stands in every message. */
  readonly keyName: string;
  /** 16, 24 or 32 random bytes. They are copied: the caller may overwrite them afterwards. */
  readonly wrappingKey: Uint8Array;
  /**
   * The order of the encryption context under which data keys are wrapped: by UTF-8 bytes, as the format says, or as
   * `RawAesKeyringNode` of the AWS Encryption SDK for JavaScript has it without `utf8Sorting`, by the locale. `false` writes
   * for such keyrings, which open no other messages where the orders differ (`Project` and `customer`); both are read.
   * https://github.com/aws/aws-encryption-sdk-javascript/issues/428
   *
   * @default true
   */
  readonly utf8Sorting?: boolean;
}

/**
 * Wraps data keys with AES-GCM under a key that this process holds.
 * aws-encryption-sdk-specification, framework/raw-aes-keyring.md.
 */
export class RawAesKeyring implements Keyring {
  readonly #namespace: string;
  readonly #name: Buffer;
  readonly #key: KeyObject;
  readonly #cipher: 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm';
  readonly #utf8Sorting: boolean;

  /** @throws `ERR_KEYSMITH_INPUT` for a key of another length, or the namespace of KMS */
  constructor(options: RawAesKeyringOptions) {
    const { keyNamespace, keyName, wrappingKey, utf8Sorting = true } = knownOptions(options, ['keyNamespace', 'keyName', 'wrappingKey', 'utf8Sorting']);
    checkNamespace(keyNamespace);
    if (![16, 24, 32].includes(binaryOf(wrappingKey, "'wrappingKey'").length)) throw invalid(`'wrappingKey' takes 16, 24 or 32 bytes, got ${wrappingKey.length}`);
    this.#namespace = keyNamespace;
    this.#name = Buffer.from(keyName);
    this.#key = createSecretKey(wrappingKey);
    if (typeof utf8Sorting !== 'boolean') throw invalid(`'utf8Sorting' takes true or false, got ${ofType(utf8Sorting)}`);
    this.#utf8Sorting = utf8Sorting;
    this.#cipher = `aes-${(8 * wrappingKey.length) as 128 | 192 | 256}-gcm`;
  }

  public generateDataKey(request: GenerateDataKeyRequest): Promise<GeneratedDataKey> {
    return localDataKey(this, request);
  }

  public async wrapDataKey({ plaintext, context }: WrapDataKeyRequest): Promise<EncryptedDataKey[]> {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(this.#cipher, this.#key, iv).setAAD(this.#utf8Sorting ? serializeContext(context) : inCertainOrder(context));
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    return [{ providerId: this.#namespace, providerInfo: this.#providerInfo(iv), ciphertext }];
  }

  public async decryptDataKey({ suite, context, encryptedDataKeys }: DecryptDataKeyRequest): Promise<Uint8Array> {
    const own = encryptedDataKeys.filter((key) => this.#isOwn(key));
    if (own.length === 0) throw noKeyFor(encryptedDataKeys, `raw AES key ${this.#name.toString()} of ${this.#namespace}`);
    const failures: unknown[] = [];
    for (const key of own) {
      for (const serialize of [serializeContext, inLocaleOrder]) {
        try {
          return this.#unwrap(key, serialize(context), suite.dataKeyBytes);
        } catch (error) {
          failures.push(error);
        }
      }
    }
    refuse(new AggregateError(failures, 'the raw AES key did not open its encrypted data keys'));
  }

  #isOwn({ providerId, providerInfo }: EncryptedDataKey): boolean {
    if (providerId !== this.#namespace || providerInfo.length !== this.#name.length + 8 + IV_BYTES) return false;
    // Name, tag length and IV length must all be this keyring's.
    const mine = this.#providerInfo(asBuffer(providerInfo).subarray(-IV_BYTES));
    return mine.equals(providerInfo);
  }

  #unwrap({ providerInfo, ciphertext }: EncryptedDataKey, aad: Buffer, length: number): Buffer {
    if (ciphertext.length !== length + TAG_BYTES) throw new Error(`the encrypted data key has ${ciphertext.length} bytes`);
    const decipher = createDecipheriv(this.#cipher, this.#key, asBuffer(providerInfo).subarray(-IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(aad).setAuthTag(ciphertext.subarray(length));
    const plaintext = decipher.update(ciphertext.subarray(0, length));
    try {
      decipher.final();
      return giveAway(plaintext);
    } catch (error) {
      wipe(plaintext);
      throw error;
    }
  }

  #providerInfo(iv: Buffer): Buffer {
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(8 * TAG_BYTES, 0);
    lengths.writeUInt32BE(IV_BYTES, 4);
    return Buffer.concat([this.#name, lengths, iv]);
  }
}

/** The same for a new data key. @throws `ERR_KEYSMITH_INPUT` where two names compare equal: readers might have them the other way round */
function inCertainOrder(context: EncryptionContext): Buffer {
  const names = Object.keys(context);
  const equal = names.find((name, i) => names.slice(i + 1).some((other) => name.localeCompare(other) === 0));
  if (equal !== undefined) throw invalid(`'utf8Sorting: false' has no order for two names of the encryption context that look like ${quoted(equal)}: rename one`);
  return inLocaleOrder(context);
}

/** The same pairs in the order that the SDK for JavaScript has without `utf8Sorting`. */
function inLocaleOrder(context: EncryptionContext): Buffer {
  const names = Object.keys(context).sort((one, other) => one.localeCompare(other));
  return names.length ? fields(names.length, ...names.flatMap((name) => [textBytes(name), textBytes(context[name])])) : NO_BYTES;
}
