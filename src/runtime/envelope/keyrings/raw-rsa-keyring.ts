import { constants, privateDecrypt, publicEncrypt } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { invalid } from '../../errors';
import { knownOptions } from '../../whole-numbers';
import { giveAway, wipe } from '../bytes';
import { refuse } from '../failures';
import type { DecryptDataKeyRequest, EncryptedDataKey, GenerateDataKeyRequest, GeneratedDataKey, Keyring, WrapDataKeyRequest } from '../keyring';
import { localDataKey } from './local-data-key';
import { checkNamespace, noKeyFor } from './no-key';
import { rsaPrivateKey, rsaPublicKey } from './rsa-key';
import type { RsaPrivateKeyInput, RsaPublicKeyInput } from './rsa-key';

/**
 * RSA paddings by the names of the AWS material providers. PKCS #1 v1.5 is left out on purpose: whether its padding
 * was right cannot be kept from an attacker (RFC 8017 section 7.2).
 */
export type RsaPadding = 'OAEP_SHA1_MGF1' | 'OAEP_SHA256_MGF1' | 'OAEP_SHA384_MGF1' | 'OAEP_SHA512_MGF1';

/** How a raw RSA keyring is set up; with the public key it writes, with the private key it reads. */
export interface RawRsaKeyringOptions {
  /** Names the key's owner or store; not `aws-kms`. Stands in every message. */
  readonly keyNamespace: string;
  /** Names the key pair. Stands in every message. */
  readonly keyName: string;
  /** @default - messages cannot be written */
  readonly publicKey?: RsaPublicKeyInput;
  /** @default - messages cannot be opened */
  readonly privateKey?: RsaPrivateKeyInput;
  /** @default 'OAEP_SHA256_MGF1' */
  readonly padding?: RsaPadding;
}

const OAEP_HASHES: Readonly<Record<RsaPadding, string>> = {
  OAEP_SHA1_MGF1: 'sha1', OAEP_SHA256_MGF1: 'sha256', OAEP_SHA384_MGF1: 'sha384', OAEP_SHA512_MGF1: 'sha512',
};

/**
 * Wraps data keys with RSA-OAEP under a key pair whose private half a process holds. RSA does not bind the encryption
 * context to the data key; the header of the message does.
 * aws-encryption-sdk-specification, framework/raw-rsa-keyring.md.
 */
export class RawRsaKeyring implements Keyring {
  readonly #namespace: string;
  readonly #name: Buffer;
  readonly #publicKey?: KeyObject;
  readonly #privateKey?: KeyObject;
  readonly #oaepHash: string;

  /** @throws `ERR_KEYSMITH_INPUT` for keys that are not RSA, are too short, or are both absent */
  constructor(options: RawRsaKeyringOptions) {
    const { keyNamespace, keyName, publicKey, privateKey, padding = 'OAEP_SHA256_MGF1' } = knownOptions(options, ['keyNamespace', 'keyName', 'publicKey', 'privateKey', 'padding']);
    checkNamespace(keyNamespace);
    if (!publicKey && !privateKey) throw invalid("a raw RSA keyring takes a 'publicKey' to write with, a 'privateKey' to read with, or both");
    if (!Object.hasOwn(OAEP_HASHES, padding)) throw invalid(`'padding' takes ${Object.keys(OAEP_HASHES).join(', ')}, got ${JSON.stringify(padding)}`);
    this.#namespace = keyNamespace;
    this.#name = Buffer.from(keyName);
    this.#publicKey = publicKey === undefined ? undefined : rsaPublicKey(publicKey);
    this.#privateKey = privateKey === undefined ? undefined : rsaPrivateKey(privateKey);
    this.#oaepHash = OAEP_HASHES[padding];
  }

  public generateDataKey(request: GenerateDataKeyRequest): Promise<GeneratedDataKey> {
    return localDataKey(this, request);
  }

  public async wrapDataKey({ plaintext }: WrapDataKeyRequest): Promise<EncryptedDataKey[]> {
    if (!this.#publicKey) throw invalid("this raw RSA keyring has no 'publicKey': it can only open messages");
    const ciphertext = publicEncrypt({ key: this.#publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: this.#oaepHash }, plaintext);
    return [{ providerId: this.#namespace, providerInfo: Buffer.from(this.#name), ciphertext }];
  }

  public async decryptDataKey({ suite, encryptedDataKeys }: DecryptDataKeyRequest): Promise<Uint8Array> {
    if (!this.#privateKey) throw noKeyFor(encryptedDataKeys, `no private key for raw RSA key ${this.#name.toString()} of ${this.#namespace}: it can only write`);
    const own = encryptedDataKeys.filter(({ providerId, providerInfo }) => providerId === this.#namespace && this.#name.equals(providerInfo));
    if (own.length === 0) throw noKeyFor(encryptedDataKeys, `raw RSA key ${this.#name.toString()} of ${this.#namespace}`);
    const failures: unknown[] = [];
    for (const { ciphertext } of own) {
      try {
        return this.#unwrap(this.#privateKey, ciphertext, suite.dataKeyBytes);
      } catch (error) {
        failures.push(error);
      }
    }
    refuse(new AggregateError(failures, 'the raw RSA key did not open its encrypted data keys'));
  }

  #unwrap(key: KeyObject, ciphertext: Uint8Array, length: number): Buffer {
    const plaintext = privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: this.#oaepHash }, ciphertext);
    if (plaintext.length === length) return giveAway(plaintext);
    wipe(plaintext);
    throw new Error('the data key does not have the length of its suite');
  }
}
