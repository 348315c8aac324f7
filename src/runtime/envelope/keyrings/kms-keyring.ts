import { callKms } from '../../kms-errors';
import type { EncryptionContext, KmsPort } from '../../kms-port';
import { wipe } from '../bytes';
import type { DecryptDataKeyRequest, EncryptedDataKey, GenerateDataKeyRequest, GeneratedDataKey, Keyring, WrapDataKeyRequest } from '../keyring';
import { eachOf } from './each';
import { KMS_PROVIDER_ID, keyArnOf, namedKey, opensFor } from './key-arn';
import type { KeyArn } from './key-arn';
import { clientsByRegion } from './kms-clients';
import type { KmsClients } from './kms-clients';
import { badReply, firstSuccess, plaintextOf } from './kms-reply';
import { noKeyFor } from './no-key';

/** How a KMS keyring is set up. */
export interface KmsKeyringOptions {
  /** The KMS client, or a function that makes one for a Region (asked once for each). One client serves the keys of its own Region only. */
  readonly kms: KmsClients;
  /** ARN of the key that makes data keys and wraps them. */
  readonly keyArn: string;
  /** ARNs of further keys: new messages are wrapped for each of them too, and any of them opens a message. @default - none */
  readonly additionalKeyArns?: readonly string[];
  /** Grant tokens sent with every call, for grants that are not everywhere known yet. @default - none */
  readonly grantTokens?: readonly string[];
}

/**
 * Data keys under symmetric KMS keys. Strict: it opens only messages for the keys named, and for multi-Region keys
 * related to them, always through the key that is configured.
 * aws-encryption-sdk-specification, framework/aws-kms/aws-kms-keyring.md and aws-kms-mrk-keyring.md.
 */
export class KmsKeyring implements Keyring {
  readonly #keys: readonly KeyArn[];
  readonly #clientFor: (region: string) => KmsPort;
  /** What every call has: the key, the context, the grant tokens. */
  readonly #common: (key: KeyArn, context: EncryptionContext) => { KeyId: string; EncryptionContext: EncryptionContext; GrantTokens?: string[] };

  /** @throws `ERR_KEYSMITH_INPUT` for a key that is not named by its ARN */
  constructor({ kms, keyArn, additionalKeyArns = [], grantTokens = [] }: KmsKeyringOptions) {
    // Named twice, a key still takes one encrypted data key.
    this.#keys = [...new Set([keyArn, ...additionalKeyArns])].map(keyArnOf);
    this.#clientFor = clientsByRegion(kms);
    this.#common = (key, context) => ({ KeyId: key.arn, EncryptionContext: context, GrantTokens: grantTokens.length ? [...grantTokens] : undefined });
  }

  public async generateDataKey({ suite, context }: GenerateDataKeyRequest): Promise<GeneratedDataKey> {
    const [generator, ...others] = this.#keys;
    const reply = await callKms('GenerateDataKey', () => this.#clientFor(generator.region).generateDataKey({
      NumberOfBytes: suite.dataKeyBytes, ...this.#common(generator, context),
    }));
    const plaintext = plaintextOf('GenerateDataKey', reply, generator.arn, suite.dataKeyBytes);
    try {
      const first = wrappedKey('GenerateDataKey', reply, generator);
      return { plaintext, encryptedDataKeys: [first, ...await this.#wrapUnder(others, plaintext, context)] };
    } catch (error) {
      wipe(plaintext);
      throw error;
    }
  }

  public async wrapDataKey({ plaintext, context }: WrapDataKeyRequest): Promise<EncryptedDataKey[]> {
    return this.#wrapUnder(this.#keys, plaintext, context);
  }

  public async decryptDataKey({ suite, context, encryptedDataKeys }: DecryptDataKeyRequest): Promise<Uint8Array> {
    const attempts = encryptedDataKeys.flatMap((edk) => {
      const named = namedKey(edk, KMS_PROVIDER_ID);
      // The very key if it is there, else one that is related.
      const key = named && (this.#keys.find(({ arn }) => arn === named.arn) ?? this.#keys.find((configured) => opensFor(configured, named)));
      return key ? [{ edk, key }] : [];
    });
    if (attempts.length === 0) throw noKeyFor(encryptedDataKeys, this.#keys.map(({ arn }) => arn).join(', '));
    return firstSuccess(attempts, async ({ edk, key }) => {
      const reply = await callKms('Decrypt', () => this.#clientFor(key.region).decrypt({ CiphertextBlob: edk.ciphertext, ...this.#common(key, context) }));
      return plaintextOf('Decrypt', reply, key.arn, suite.dataKeyBytes);
    });
  }

  async #wrapUnder(keys: readonly KeyArn[], plaintext: Uint8Array, context: EncryptionContext): Promise<EncryptedDataKey[]> {
    return eachOf(keys, async (key) => wrappedKey('Encrypt', await callKms('Encrypt', () => this.#clientFor(key.region).encrypt({
      Plaintext: plaintext, ...this.#common(key, context),
    })), key));
  }
}

interface WrappingReply {
  readonly KeyId?: string;
  readonly CiphertextBlob?: Uint8Array;
}

function wrappedKey(operation: string, { KeyId: keyId, CiphertextBlob: ciphertext }: WrappingReply, { arn }: KeyArn): EncryptedDataKey {
  if (keyId !== arn || !ciphertext?.length) throw badReply(operation, `${ciphertext?.length ?? 0} bytes under ${keyId} where ${arn} was asked`);
  return { providerId: KMS_PROVIDER_ID, providerInfo: Buffer.from(arn), ciphertext };
}
