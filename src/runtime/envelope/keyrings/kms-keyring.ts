import { callKms } from '../../kms-errors';
import type { KmsPort } from '../../kms-port';
import { wipe } from '../bytes';
import { badInput } from '../failures';
import type { DecryptDataKeyRequest, EncryptedDataKey, GenerateDataKeyRequest, GeneratedDataKey, Keyring, WrapDataKeyRequest } from '../keyring';
import { eachOf } from './each';
import { KMS_PROVIDER_ID, keyArnOf, namedKey, opensFor } from './key-arn';
import type { KeyArn } from './key-arn';
import { clientsByRegion } from './kms-clients';
import type { KmsClients } from './kms-clients';
import { badResponse, dataKeyFrom, noneOpened } from './kms-reply';
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
  readonly #grantTokens: { GrantTokens?: string[] };

  /** @throws `ERR_KEYSMITH_INPUT` for a key that is not named by its ARN, or named twice */
  constructor({ kms, keyArn, additionalKeyArns = [], grantTokens }: KmsKeyringOptions) {
    this.#keys = [keyArnOf(keyArn, 'keyArn'), ...additionalKeyArns.map((arn) => keyArnOf(arn, 'additionalKeyArns'))];
    const twice = this.#keys.find((key, index) => this.#keys.findIndex(({ arn }) => arn === key.arn) !== index);
    if (twice) throw badInput(`${twice.arn} is named twice: a message needs one encrypted data key for each key`);
    this.#clientFor = clientsByRegion(kms);
    this.#grantTokens = grantTokens?.length ? { GrantTokens: [...grantTokens] } : {};
  }

  public async generateDataKey({ suite, context }: GenerateDataKeyRequest): Promise<GeneratedDataKey> {
    const [generator, ...others] = this.#keys;
    const reply = await callKms('GenerateDataKey', () => this.#clientFor(generator.region).generateDataKey({
      KeyId: generator.arn, NumberOfBytes: suite.dataKeyBytes, EncryptionContext: context, ...this.#grantTokens,
    }));
    const plaintext = reply.Plaintext;
    try {
      if (plaintext?.length !== suite.dataKeyBytes) throw badResponse('GenerateDataKey', `a data key of ${plaintext?.length ?? 0} bytes for one of ${suite.dataKeyBytes}`);
      const first = encryptedDataKey('GenerateDataKey', generator, reply);
      const rest = await this.#wrapUnder(others, { plaintext, suite, context });
      return { plaintext, encryptedDataKeys: [first, ...rest] };
    } catch (error) {
      wipe(plaintext);
      throw error;
    }
  }

  public async wrapDataKey(request: WrapDataKeyRequest): Promise<EncryptedDataKey[]> {
    return this.#wrapUnder(this.#keys, request);
  }

  public async decryptDataKey({ suite, context, encryptedDataKeys }: DecryptDataKeyRequest): Promise<Uint8Array> {
    const attempts = encryptedDataKeys.flatMap((edk) => this.#keysFor(edk).map((key) => ({ edk, key })));
    if (attempts.length === 0) throw noKeyFor(encryptedDataKeys, this.#keys.map(({ arn }) => arn).join(', '));
    const failures: unknown[] = [];
    for (const { edk, key } of attempts) {
      try {
        const reply = await callKms('Decrypt', () => this.#clientFor(key.region).decrypt({
          KeyId: key.arn, CiphertextBlob: edk.ciphertext, EncryptionContext: context, ...this.#grantTokens,
        }));
        return dataKeyFrom(reply, key.arn, suite.dataKeyBytes);
      } catch (error) {
        failures.push(error);
      }
    }
    throw noneOpened(failures);
  }

  /** One configured key at most per encrypted data key, the very one if it is there. */
  #keysFor(edk: EncryptedDataKey): KeyArn[] {
    const named = namedKey(edk, KMS_PROVIDER_ID);
    if (!named) return [];
    const key = this.#keys.find(({ arn }) => arn === named.arn) ?? this.#keys.find((configured) => opensFor(configured, named));
    return key ? [key] : [];
  }

  async #wrapUnder(keys: readonly KeyArn[], { plaintext, context }: WrapDataKeyRequest): Promise<EncryptedDataKey[]> {
    return eachOf(keys, async (key) => {
      const reply = await callKms('Encrypt', () => this.#clientFor(key.region).encrypt({
        KeyId: key.arn, Plaintext: plaintext, EncryptionContext: context, ...this.#grantTokens,
      }));
      return encryptedDataKey('Encrypt', key, reply);
    });
  }
}

function encryptedDataKey(operation: string, key: KeyArn, reply: { CiphertextBlob?: Uint8Array; KeyId?: string }): EncryptedDataKey {
  if (reply.KeyId !== key.arn) throw badResponse(operation, `key ${JSON.stringify(reply.KeyId)} where ${key.arn} was asked`);
  if (!reply.CiphertextBlob?.length) throw badResponse(operation, 'no ciphertext');
  return { providerId: KMS_PROVIDER_ID, providerInfo: Buffer.from(key.arn), ciphertext: reply.CiphertextBlob };
}
