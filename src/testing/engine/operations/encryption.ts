import { CIPHERTEXT_BYTES, SYMMETRIC_PLAINTEXT_BYTES } from '../../../spec/limits';
import type { Call } from '../call';
import { validation } from '../exceptions';
import type { Key } from '../key';
import { blob, list, oneOf, required } from '../shapes';
import { SYMMETRIC, decrypt, encrypt, requireEncryptionKey } from './ciphertexts';
import { encryptionContext, keyId, onKey, recipient } from './members';
import { operation } from './operation';
import type { Source } from './sources';
import { requireRightKey, sourceOf } from './sources';

const encryptionAlgorithm = oneOf(['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE']);
const ciphertext = blob({ min: 1, max: CIPHERTEXT_BYTES });
const dryRunModifiers = list(oneOf(['IGNORE_CIPHERTEXT']));

export const Encrypt = operation(
  {
    ...onKey,
    Plaintext: required(blob({ min: 1, max: SYMMETRIC_PLAINTEXT_BYTES })),
    EncryptionContext: encryptionContext,
    EncryptionAlgorithm: encryptionAlgorithm,
  },
  async (input, call) => {
    const algorithm = input.EncryptionAlgorithm ?? SYMMETRIC;
    const key = call.find(input.KeyId);
    call.authorize({
      action: 'Encrypt',
      key,
      requestedKeyId: input.KeyId,
      encryptionContext: input.EncryptionContext,
      conditionKeys: { 'kms:EncryptionAlgorithm': algorithm },
    });
    requireEncryptionKey(key, 'Encrypt', algorithm, input.EncryptionContext);
    const CiphertextBlob = await encrypt(key, input.Plaintext, algorithm, input.EncryptionContext);
    call.stopIfDryRun(input.DryRun);
    return { CiphertextBlob, KeyId: key.arn, EncryptionAlgorithm: algorithm };
  },
);

export const Decrypt = operation(
  {
    ...onKey,
    KeyId: keyId,
    CiphertextBlob: ciphertext,
    EncryptionContext: encryptionContext,
    EncryptionAlgorithm: encryptionAlgorithm,
    Recipient: recipient,
    DryRunModifiers: dryRunModifiers,
  },
  async (input, call) => {
    const algorithm = input.EncryptionAlgorithm ?? SYMMETRIC;
    const ignored = ignoresCiphertext(input);
    const source = sourceOf(call, 'Decrypt', { keyId: input.KeyId, ciphertext: ignored ? undefined : input.CiphertextBlob, algorithm });
    call.authorize({
      action: 'Decrypt',
      key: source.key,
      requestedKeyId: input.KeyId,
      encryptionContext: input.EncryptionContext,
      conditionKeys: { 'kms:EncryptionAlgorithm': algorithm },
      namedByCiphertext: input.KeyId === undefined,
    });
    requireRightKey(source);
    requireEncryptionKey(source.key, 'Decrypt', algorithm, input.EncryptionContext);
    const opened = await open(source, call, algorithm, input);
    call.stopIfDryRun(input.DryRun);
    return { ...opened, KeyId: source.key.arn, EncryptionAlgorithm: algorithm };
  },
);

export const ReEncrypt = operation(
  {
    CiphertextBlob: ciphertext,
    SourceKeyId: keyId,
    SourceEncryptionContext: encryptionContext,
    SourceEncryptionAlgorithm: encryptionAlgorithm,
    DestinationKeyId: required(keyId),
    DestinationEncryptionContext: encryptionContext,
    DestinationEncryptionAlgorithm: encryptionAlgorithm,
    GrantTokens: onKey.GrantTokens,
    DryRun: onKey.DryRun,
    DryRunModifiers: dryRunModifiers,
  },
  async (input, call) => {
    const from = input.SourceEncryptionAlgorithm ?? SYMMETRIC;
    const to = input.DestinationEncryptionAlgorithm ?? SYMMETRIC;
    const ciphertextBlob = ignoresCiphertext(input) ? undefined : input.CiphertextBlob;
    const source = sourceOf(call, 'ReEncryptFrom', { keyId: input.SourceKeyId, ciphertext: ciphertextBlob, algorithm: from });
    const destination = call.find(input.DestinationKeyId, 'ReEncryptTo');
    const sameKey = { 'kms:ReEncryptOnSameKey': String(source.key === destination) };
    call.authorize({
      action: 'ReEncryptFrom',
      key: source.key,
      requestedKeyId: input.SourceKeyId,
      encryptionContext: input.SourceEncryptionContext,
      conditionKeys: { ...sameKey, 'kms:EncryptionAlgorithm': from },
      namedByCiphertext: input.SourceKeyId === undefined,
    });
    call.authorize({
      action: 'ReEncryptTo',
      key: destination,
      requestedKeyId: input.DestinationKeyId,
      encryptionContext: input.DestinationEncryptionContext,
      conditionKeys: { ...sameKey, 'kms:EncryptionAlgorithm': to },
    });
    requireRightKey(source);
    requireEncryptionKey(source.key, 'ReEncrypt', from, input.SourceEncryptionContext);
    requireEncryptionKey(destination, 'ReEncrypt', to, input.DestinationEncryptionContext);
    const opened = await open(source, call, from, { ...input, EncryptionContext: input.SourceEncryptionContext });
    const sealed = await encrypt(destination, opened.Plaintext, to, input.DestinationEncryptionContext);
    call.stopIfDryRun(input.DryRun);
    return {
      CiphertextBlob: sealed,
      SourceKeyId: source.key.arn,
      KeyId: destination.arn,
      SourceEncryptionAlgorithm: from,
      DestinationEncryptionAlgorithm: to,
      ...(opened.KeyMaterialId && { SourceKeyMaterialId: opened.KeyMaterialId }),
      ...currentMaterial(destination),
    };
  },
);

interface Opening {
  readonly DryRun?: boolean;
  readonly EncryptionContext?: Readonly<Record<string, string>>;
}

/** @throws DryRunOperationException where a dry run was to leave the ciphertext aside: then there is nothing to open */
async function open(source: Source, call: Call, algorithm: string, input: Opening) {
  if (!source.ciphertext) {
    call.stopIfDryRun(input.DryRun);
    throw validation('CiphertextBlob is required.');
  }
  return decrypt(source.key, source.ciphertext, algorithm, input.EncryptionContext);
}

/** `IGNORE_CIPHERTEXT` asks for authorization alone; it counts in a dry run only (KMS API Reference, Decrypt). */
function ignoresCiphertext({ DryRun, DryRunModifiers }: { DryRun?: boolean; DryRunModifiers?: readonly string[] }): boolean {
  return DryRun === true && DryRunModifiers?.includes('IGNORE_CIPHERTEXT') === true;
}

function currentMaterial(key: Key): { DestinationKeyMaterialId?: string } {
  const material = key.material.symmetric?.current;
  return material ? { DestinationKeyMaterialId: material.id.toString('hex') } : {};
}
