export { KmsEngine } from './engine';
export { KmsException } from './exceptions';
export { awsPrincipalsIn } from './named-principals';
export { OPERATION_NAMES, inputShapeOf } from './operations';
export type { Member, Shape } from './shapes';
export type { AuthorizationRecord, KmsCaller, GonePrincipal, KeyDefinition, KmsEngineOptions, PrincipalDirectory, RequestRecord } from './types';
