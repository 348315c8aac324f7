export { KmsEngine } from './engine';
export { KmsException } from './exceptions';
export { absentPrincipals } from './policy-document';
export { OPERATION_NAMES, blobMembersOf, timestampMembersOf } from './operations';
export type { AuthorizationRecord, Caller, KeyDefinition, KmsEngineOptions, RequestRecord } from './types';
