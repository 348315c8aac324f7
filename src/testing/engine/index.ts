export { KmsEngine } from './engine';
export { KmsException } from './exceptions';
export { OPERATION_NAMES, blobMembersOf, timestampMembersOf } from './operations';
export type { AuthorizationRecord, KmsCaller, KeyDefinition, KmsEngineOptions, RequestRecord } from './types';
