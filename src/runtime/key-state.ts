import { requireKeyArn } from './key-arn';
import { callKms } from './kms-errors';
import type { CallOptions, KmsPort } from './kms-port';
import { replyBytes, requireSameKey, unexpected } from './kms-reply';
import type { OwnedBytes } from './owned-bytes';
import { knownOptions } from './whole-numbers';
import type { KeySpecName, KeyUsageName } from '../spec/key-specs';

/** `KeyState` of KMS (KMS Developer Guide, "Key states of AWS KMS keys"). */
export type KeyStateName =
  'Creating' | 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport' | 'PendingReplicaDeletion' | 'Unavailable' | 'Updating';

/** Whose state. */
export interface KeyStateOptions extends CallOptions {
  /** `KMS` of the AWS SDK, or the local KMS. */
  readonly kms: Pick<KmsPort, 'describeKey'> & Partial<Pick<KmsPort, 'getPublicKey'>>;
  /** ARN of the key. */
  readonly keyArn: string;
  /** Spec that the key must have. @default - any */
  readonly keySpec?: KeySpecName;
  /** Whether to fetch the public key as well, of an asymmetric key. It takes GetPublicKey beside DescribeKey. @default false */
  readonly publicKey?: boolean;
  /** Tokens of grants that are too new to be known everywhere in KMS. */
  readonly grantTokens?: readonly string[];
}

/** What KMS says of a key. Nothing in it is secret. */
export interface KeyState {
  readonly keyArn: string;
  /** As KMS names it; one that KMS has added since comes as it is. */
  readonly state: KeyStateName;
  /** Whether KMS takes cryptographic operations in this state: `Enabled`, and `Updating` while the primary Region changes. */
  readonly usable: boolean;
  readonly keySpec: KeySpecName;
  readonly keyUsage: KeyUsageName;
  /** When KMS deletes the key; only while it is pending deletion. */
  readonly deletionDate?: Date;
  /** When imported key material expires, and the key with it. */
  readonly validTo?: Date;
  /** SubjectPublicKeyInfo in DER, if it was asked for: what `readPublicKey` reads. */
  readonly publicKey?: OwnedBytes;
}

const OPTIONS = ['kms', 'keyArn', 'keySpec', 'publicKey', 'grantTokens', 'abortSignal'];

/**
 * The state of a key, for health checks: DescribeKey, which `grants.describe` lets a role call. A key that cannot be used is an answer,
 * not an error; the permission to use it is not asked for.
 *
 * @throws `ERR_KEYSMITH_ACCESS_DENIED` without the permission; `ERR_KEYSMITH_KEY_UNAVAILABLE` when there is no such key, or no public key
 *   in its state; `ERR_KEYSMITH_KMS_UNAVAILABLE` when KMS does not answer; `ERR_KEYSMITH_KMS_RESPONSE` when the reply is for another key
 *   or spec; `ERR_KEYSMITH_INPUT` for what is no key ARN, and for the public key of a symmetric key
 */
export async function keyState(options: KeyStateOptions): Promise<KeyState> {
  const { kms, keyArn, keySpec, publicKey, grantTokens, abortSignal } = knownOptions(options, OPTIONS);
  const KeyId = requireKeyArn(keyArn, "'keyArn' of the key state");
  const input = { KeyId, ...(grantTokens && { GrantTokens: [...grantTokens] }) };
  const { KeyMetadata = {} } = await callKms('DescribeKey', abortSignal, (call) => kms.describeKey(input, call));
  const { Arn, KeyState: state, KeySpec: spec, KeyUsage: usage, DeletionDate: deletionDate, ValidTo: validTo } = KeyMetadata;
  requireSameKey('DescribeKey', { KeyId: Arn }, KeyId);
  if (!state || !spec || !usage) throw unexpected('DescribeKey', 'the reply tells no state, spec or usage of the key');
  if (keySpec && spec !== keySpec) throw unexpected('DescribeKey', `the key is of spec ${spec}, expected ${keySpec}`);
  return {
    keyArn: KeyId,
    state: state as KeyStateName,
    usable: USABLE.includes(state),
    keySpec: spec as KeySpecName,
    keyUsage: usage as KeyUsageName,
    ...(deletionDate && { deletionDate }),
    ...(validTo && { validTo }),
    ...(publicKey && { publicKey: replyBytes('GetPublicKey', await callKms('GetPublicKey', abortSignal, (call) => kms.getPublicKey!(input, call)), KeyId, 'PublicKey') }),
  };
}

const USABLE: readonly string[] = ['Enabled', 'Updating'];
