export { KmsEngine } from './engine';
export { KmsException } from './exceptions';
export { awsPrincipalsIn } from './named-principals';
export { OPERATION_NAMES, blobMembersOf, timestampMembersOf } from './operations';
export type { AuthorizationRecord, KmsCaller, GonePrincipal, KeyDefinition, KmsEngineOptions, PrincipalDirectory, RequestRecord } from './types';
