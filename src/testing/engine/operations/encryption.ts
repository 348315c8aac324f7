import type { EncryptionAlgorithmName } from '../../../spec/key-specs';
import { CIPHERTEXT_BYTES, SYMMETRIC_PLAINTEXT_BYTES } from '../../../spec/limits';
import { accessDenied } from '../access-denied';
import type { CiphertextBlob } from '../blob';
import { readBlob, writeBlob } from '../blob';
import type { Call } from '../call';
import type { EncryptionContext } from '../encryption-context';
import { KmsException, validation } from '../exceptions';
import type { Key } from '../key';
import { algorithmsOfKey, isSymmetricEncryptionKey } from '../key';
import { blob, oneOf, required } from '../shapes';
import { encryptionContext, keyId, onKey } from './members';
import { operation } from './operation';
import { requireAlgorithm, requireEnabled, requireUsage } from './usable';

const SYMMETRIC: EncryptionAlgorithmName = 'SYMMETRIC_DEFAULT';

const encryptionAlgorithm = oneOf(['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE']);

const plaintext = blob({ min: 1, max: SYMMETRIC_PLAINTEXT_BYTES });
const ciphertext = blob({ min: 1, max: CIPHERTEXT_BYTES });

export const Encrypt = operation(
  { ...onKey, Plaintext: required(plaintext), EncryptionContext: encryptionContext, EncryptionAlgorithm: encryptionAlgorithm },
  async (input, call) => {
    const algorithm = input.EncryptionAlgorithm ?? SYMMETRIC;
    const key = call.find(input.KeyId);
    call.authorize({
      action: 'Encrypt', key, requestedKeyId: input.KeyId, encryptionContext: input.EncryptionContext,
      conditionKeys: { 'kms:EncryptionAlgorithm': algorithm },
    });
    requireUsable(key, 'Encrypt', algorithm, input.EncryptionContext);
    const sealed = await encrypt(key, input.Plaintext, algorithm, input.EncryptionContext);
    call.stopIfDryRun(input.DryRun);
    return { CiphertextBlob: sealed, KeyId: key.arn, EncryptionAlgorithm: algorithm };
  },
);

export const Decrypt = operation(
  { ...onKey, KeyId: keyId, CiphertextBlob: required(ciphertext), EncryptionContext: encryptionContext, EncryptionAlgorithm: encryptionAlgorithm },
  async (input, call) => {
    const algorithm = input.EncryptionAlgorithm ?? SYMMETRIC;
    const source = sourceOf(call, 'Decrypt', { keyId: input.KeyId, ciphertext: input.CiphertextBlob, algorithm });
    call.authorize({
      action: 'Decrypt', key: source.key, requestedKeyId: input.KeyId, encryptionContext: input.EncryptionContext,
      conditionKeys: { 'kms:EncryptionAlgorithm': algorithm },
    });
    requireUsable(source.key, 'Decrypt', algorithm, input.EncryptionContext);
    const opened = await decrypt(source, input.CiphertextBlob, algorithm, input.EncryptionContext);
    call.stopIfDryRun(input.DryRun);
    return {
      Plaintext: opened.plaintext, KeyId: source.key.arn, EncryptionAlgorithm: algorithm,
      ...(opened.materialId && { KeyMaterialId: opened.materialId.toString('hex') }),
    };
  },
);

export const ReEncrypt = operation(
  {
    CiphertextBlob: required(ciphertext),
    SourceKeyId: keyId,
    SourceEncryptionContext: encryptionContext,
    SourceEncryptionAlgorithm: encryptionAlgorithm,
    DestinationKeyId: required(keyId),
    DestinationEncryptionContext: encryptionContext,
    DestinationEncryptionAlgorithm: encryptionAlgorithm,
    GrantTokens: onKey.GrantTokens,
    DryRun: onKey.DryRun,
  },
  async (input, call) => {
    const from = input.SourceEncryptionAlgorithm ?? SYMMETRIC;
    const to = input.DestinationEncryptionAlgorithm ?? SYMMETRIC;
    const source = sourceOf(call, 'ReEncryptFrom', { keyId: input.SourceKeyId, ciphertext: input.CiphertextBlob, algorithm: from });
    const destination = call.find(input.DestinationKeyId, 'ReEncryptTo');
    const sameKey = { 'kms:ReEncryptOnSameKey': String(source.key === destination) };
    call.authorize({
      action: 'ReEncryptFrom', key: source.key, requestedKeyId: input.SourceKeyId, encryptionContext: input.SourceEncryptionContext,
      conditionKeys: { ...sameKey, 'kms:EncryptionAlgorithm': from },
    });
    call.authorize({
      action: 'ReEncryptTo', key: destination, requestedKeyId: input.DestinationKeyId, encryptionContext: input.DestinationEncryptionContext,
      conditionKeys: { ...sameKey, 'kms:EncryptionAlgorithm': to },
    });
    requireUsable(source.key, 'ReEncrypt', from, input.SourceEncryptionContext);
    requireUsable(destination, 'ReEncrypt', to, input.DestinationEncryptionContext);
    const opened = await decrypt(source, input.CiphertextBlob, from, input.SourceEncryptionContext);
    const sealed = await encrypt(destination, opened.plaintext, to, input.DestinationEncryptionContext);
    const destinationMaterial = destination.material.symmetric?.current.id.toString('hex');
    call.stopIfDryRun(input.DryRun);
    return {
      CiphertextBlob: sealed,
      SourceKeyId: source.key.arn,
      KeyId: destination.arn,
      SourceEncryptionAlgorithm: from,
      DestinationEncryptionAlgorithm: to,
      ...(opened.materialId && { SourceKeyMaterialId: opened.materialId.toString('hex') }),
      ...(destinationMaterial && { DestinationKeyMaterialId: destinationMaterial }),
    };
  },
);

/** A ciphertext's key, and the ciphertext read if its format is the engine's own. */
interface Source {
  readonly key: Key;
  readonly blob?: CiphertextBlob;
}

/**
 * The key to decrypt with: the one that the caller names, else the one that the ciphertext names.
 *
 * @throws InvalidCiphertextException if nothing names one; AccessDeniedException if the ciphertext names one that is not there
 */
function sourceOf(call: Call, action: string, { keyId: named, ciphertext: bytes, algorithm }: { keyId?: string; ciphertext: Uint8Array; algorithm: string }): Source {
  if (named !== undefined) return { key: call.find(named, action) };
  if (algorithm !== SYMMETRIC) throw validation('KeyId is required when the encryption algorithm is not SYMMETRIC_DEFAULT.');
  const read = readBlob(bytes);
  const key = call.store.byId(read.keyId, call.place.region);
  if (!key) throw accessDenied({ principal: call.caller.principal, action, ciphertext: true, cause: 'not visible' });
  return { key, blob: read };
}

/** @throws DisabledException …, InvalidKeyUsageException, ValidationException unless the key can do this now */
function requireUsable(key: Key, name: string, algorithm: string, context: EncryptionContext | undefined): void {
  requireEnabled(key);
  requireUsage(key, 'ENCRYPT_DECRYPT', name);
  requireAlgorithm(key, algorithm, algorithmsOfKey(key));
  if (context && Object.keys(context).length && !isSymmetricEncryptionKey(key)) {
    throw validation('EncryptionContext is not supported for asymmetric KMS keys.');
  }
}

async function encrypt(key: Key, message: Uint8Array, algorithm: string, context?: EncryptionContext): Promise<Buffer> {
  const { symmetric } = key.material;
  if (symmetric) return writeBlob(symmetric.current.seal(key.id, message, context));
  throw new KmsException('UnsupportedOperationException', `no ${algorithm} here`);
}

async function decrypt(
  { key, blob: read }: Source, bytes: Uint8Array, algorithm: string, context?: EncryptionContext,
): Promise<{ plaintext: Buffer; materialId?: Buffer }> {
  const { symmetric } = key.material;
  if (symmetric) {
    const sealed = read ?? readBlob(bytes);
    // Any other key id gets the same answer, whether such a key exists or not.
    if (sealed.keyId !== key.id) {
      throw new KmsException('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.');
    }
    return symmetric.open(sealed, context);
  }
  throw new KmsException('UnsupportedOperationException', `no ${algorithm} here`);
}
