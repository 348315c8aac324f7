import { constants, createHash, publicEncrypt, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { invalid } from '../../errors';
import { keyArnOf } from '../../key-arn';
import type { KeyArn } from '../../key-arn';
import { callKms } from '../../kms-errors';
import type { EncryptionContext, KmsPort } from '../../kms-port';
import { replyBytes } from '../../kms-reply';
import { knownOptions } from '../../whole-numbers';
import { asBuffer, wipe } from '../bytes';
import { serializeContext } from '../context-codec';
import { refuse } from '../failures';
import type { DecryptDataKeyRequest, EncryptedDataKey, GenerateDataKeyRequest, GeneratedDataKey, Keyring, WrapDataKeyRequest } from '../keyring';
import { localDataKey } from './local-data-key';
import { keyToOpen, wrappedUnder } from './named-key';
import { noKeyFor } from './no-key';
import { fewPerKey, firstSuccess } from './outcomes';
import { rsaPublicKey } from './rsa-key';
import type { RsaPublicKeyInput } from './rsa-key';
import type { AlgorithmSuite } from '../suites';

/** How a KMS RSA keyring is set up; with the public key it writes without calling anybody, with a client it reads. */
export interface KmsRsaKeyringOptions {
  /** ARN of the RSA key (usage ENCRYPT_DECRYPT). Stands in every message, and shows the account id. */
  readonly keyArn: string;
  /** The key's public half, in PEM, as GetPublicKey answers, or as `fetchPublicKey` returns it. That it belongs to `keyArn` is not checked. @default - messages cannot be written */
  readonly publicKey?: RsaPublicKeyInput;
  /** A client for the key's Region. @default - messages cannot be opened */
  readonly kms?: KmsPort;
  /** @default 'RSAES_OAEP_SHA_256' */
  readonly encryptionAlgorithm?: 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256';
  /** @default - none */
  readonly grantTokens?: readonly string[];
}

const PROVIDER_ID = 'aws-kms-rsa';
const DIGEST_BYTES = 48;

/**
 * Data keys under the public half of a KMS key: whoever has it can write, and only KMS can open. KMS binds no context
 * to an RSA ciphertext, so its digest is wrapped together with the data key.
 *
 * Refuses signing suites: everybody may write, so a signature would say nothing.
 * aws-encryption-sdk-specification, framework/aws-kms/aws-kms-rsa-keyring.md.
 */
export class KmsRsaKeyring implements Keyring {
  readonly #key: KeyArn;
  readonly #publicKey?: KeyObject;
  readonly #kms?: KmsPort;
  readonly #algorithm: 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256';
  readonly #grantTokens: { GrantTokens?: string[] };

  /** @throws `ERR_KEYSMITH_INPUT` for a key that is not named by its ARN, or is not RSA of 2048 bits or more */
  constructor(options: KmsRsaKeyringOptions) {
    const { keyArn, publicKey, kms, encryptionAlgorithm = 'RSAES_OAEP_SHA_256', grantTokens } = knownOptions(options, ['keyArn', 'publicKey', 'kms', 'encryptionAlgorithm', 'grantTokens']);
    if (!publicKey && !kms) throw invalid("a KMS RSA keyring takes a 'publicKey' to write with, a 'kms' client to read with, or both");
    if (!['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'].includes(encryptionAlgorithm)) {
      throw invalid(`'encryptionAlgorithm' takes RSAES_OAEP_SHA_1 or RSAES_OAEP_SHA_256, got ${JSON.stringify(encryptionAlgorithm)}`);
    }
    this.#key = keyArnOf(keyArn, "'keyArn' of a KMS RSA keyring");
    this.#publicKey = publicKey === undefined ? undefined : rsaPublicKey(publicKey);
    this.#kms = kms;
    this.#algorithm = encryptionAlgorithm;
    this.#grantTokens = grantTokens?.length ? { GrantTokens: [...grantTokens] } : {};
  }

  public generateDataKey(request: GenerateDataKeyRequest): Promise<GeneratedDataKey> {
    return localDataKey(this, request);
  }

  public async wrapDataKey({ plaintext, suite, context }: WrapDataKeyRequest): Promise<EncryptedDataKey[]> {
    refuseSigning(suite);
    if (!this.#publicKey) throw invalid("this KMS RSA keyring has no 'publicKey': it can only open messages");
    const bound = Buffer.concat([contextDigest(context), plaintext]);
    try {
      const oaepHash = this.#algorithm === 'RSAES_OAEP_SHA_1' ? 'sha1' : 'sha256';
      const ciphertext = publicEncrypt({ key: this.#publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, bound);
      return [wrappedUnder(this.#key, ciphertext, PROVIDER_ID)];
    } finally {
      wipe(bound);
    }
  }

  public async decryptDataKey({ suite, context, encryptedDataKeys, abortSignal }: DecryptDataKeyRequest): Promise<Uint8Array> {
    refuseSigning(suite);
    const kms = this.#kms;
    if (!kms) throw noKeyFor(encryptedDataKeys, `no KMS client for ${this.#key.arn}: it can only write`);
    const own = encryptedDataKeys.filter((edk) => keyToOpen(edk, PROVIDER_ID, [this.#key]));
    if (own.length === 0) throw noKeyFor(encryptedDataKeys, `${PROVIDER_ID} ${this.#key.arn}`);
    const digest = contextDigest(context);
    return firstSuccess(fewPerKey(own, () => this.#key), abortSignal, async ({ ciphertext }) => {
      const reply = await callKms('Decrypt', abortSignal, (call) => kms.decrypt({
        KeyId: this.#key.arn, CiphertextBlob: ciphertext, EncryptionAlgorithm: this.#algorithm, ...this.#grantTokens,
      }, call));
      const length = DIGEST_BYTES + suite.dataKeyBytes;
      return unbind(replyBytes('Decrypt', reply, this.#key.arn, 'Plaintext', length, length), digest);
    });
  }
}

/** The data key behind the digest of the context it was wrapped with. */
function unbind(bound: Uint8Array, digest: Buffer): Uint8Array {
  const bytes = asBuffer(bound);
  if (timingSafeEqual(bytes.subarray(0, DIGEST_BYTES), digest)) return bytes.subarray(DIGEST_BYTES);
  wipe(bytes);
  refuse('the data key was wrapped with another encryption context');
}

function contextDigest(context: EncryptionContext): Buffer {
  return createHash('sha384').update(serializeContext(context)).digest();
}

function refuseSigning(suite: AlgorithmSuite): void {
  if (suite.signature) throw invalid(`a KMS RSA keyring does not go with signing suites such as ${suite.name}: everybody may have its public key, so a signature says nothing; use 0x0478`);
}
