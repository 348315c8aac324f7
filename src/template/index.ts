export { readAssembly } from './assembly';
export type { AssemblyOptions } from './assembly';
export { isUnknownDocument, leftOutOf } from './documents';
export { TemplateError } from './errors';
export type { TemplateErrorCode } from './errors';
export { awsManagedPolicy } from './managed-policies';
export { readTemplate, readTemplates } from './read';
export { DEFAULT_ACCOUNT, DEFAULT_REGION, DEFAULT_STACK } from './stack';
export { hasSymbols, symbolsIn } from './symbols';
export type {
  Deployment, PolicyTarget, ReadOptions, ResourceAddress,
  TemplateAlias, TemplateIdentity, TemplateKey, TemplateResource, TemplateSource, TemplateStack,
  UnresolvedValue,
} from './types';
export { deployersOf, keyWorld, worldOf } from './world';
