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

/** The operation's input members that are bytes: base64 on the wire. */
export function blobMembersOf(name: string): readonly string[] {
  return membersOfType(name, 'blob');
}

/** The operation's input members that are points in time: seconds since 1970 on the wire. */
export function timestampMembersOf(name: string): readonly string[] {
  return membersOfType(name, 'timestamp');
}

function membersOfType(name: string, type: string): readonly string[] {
  const members = Object.hasOwn(OPERATIONS, name) ? Object.entries(OPERATIONS[name].shape) : [];
  return members.filter(([, member]) => member.type === type).map(([member]) => member);
}
