import type { Shape } from '../shapes';
import { DeriveSharedSecret } from './agreement';
import { CreateAlias, DeleteAlias, ListAliases, UpdateAlias } from './aliases';
import { GenerateDataKeyPair, GenerateDataKeyPairWithoutPlaintext } from './data-key-pairs';
import { GenerateDataKey, GenerateDataKeyWithoutPlaintext } from './data-keys';
import { Decrypt, Encrypt, ReEncrypt } from './encryption';
import { ListGrants, ListRetirableGrants } from './grant-lists';
import { CreateGrant, RetireGrant, RevokeGrant } from './grants';
import { CreateKey, DescribeKey, ListKeys, UpdateKeyDescription } from './keys';
import { GenerateMac, VerifyMac } from './mac';
import type { Operation } from './operation';
import { GetKeyPolicy, ListKeyPolicies, PutKeyPolicy } from './policies';
import { GenerateRandom } from './random';
import { DisableKeyRotation, EnableKeyRotation, GetKeyRotationStatus, ListKeyRotations, RotateKeyOnDemand } from './rotations';
import { GetPublicKey, Sign, Verify } from './signing';
import { CancelKeyDeletion, DisableKey, EnableKey, ScheduleKeyDeletion } from './states';
import { ListResourceTags, TagResource, UntagResource } from './tags';

/** Every operation the engine has, by its name in the API. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  CreateKey,
  DescribeKey,
  ListKeys,
  UpdateKeyDescription,
  Encrypt,
  Decrypt,
  ReEncrypt,
  GenerateDataKey,
  GenerateDataKeyWithoutPlaintext,
  GenerateDataKeyPair,
  GenerateDataKeyPairWithoutPlaintext,
  GenerateRandom,
  Sign,
  Verify,
  GetPublicKey,
  GenerateMac,
  VerifyMac,
  DeriveSharedSecret,
  CreateAlias,
  UpdateAlias,
  DeleteAlias,
  ListAliases,
  EnableKey,
  DisableKey,
  ScheduleKeyDeletion,
  CancelKeyDeletion,
  EnableKeyRotation,
  DisableKeyRotation,
  GetKeyRotationStatus,
  RotateKeyOnDemand,
  ListKeyRotations,
  PutKeyPolicy,
  GetKeyPolicy,
  ListKeyPolicies,
  TagResource,
  UntagResource,
  ListResourceTags,
  CreateGrant,
  RevokeGrant,
  RetireGrant,
  ListGrants,
  ListRetirableGrants,
};

export const OPERATION_NAMES: readonly string[] = Object.keys(OPERATIONS);

/** The members of the operation's input; none of an operation that there is not. */
export function inputShapeOf(name: string): Shape {
  return Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name].shape : {};
}
