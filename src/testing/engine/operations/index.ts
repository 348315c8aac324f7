import * as dataKeys from './data-keys';
import * as encryption from './encryption';
import type { Operation } from './operation';

/** Every operation the engine has, by its name in the API. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  Encrypt: encryption.Encrypt,
  Decrypt: encryption.Decrypt,
  ReEncrypt: encryption.ReEncrypt,
  GenerateDataKey: dataKeys.GenerateDataKey,
  GenerateDataKeyWithoutPlaintext: dataKeys.GenerateDataKeyWithoutPlaintext,
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
