import { LocalKms } from './local-kms';
import type { LocalKmsOptions } from './options';

/**
 * Starts AWS KMS on this machine: with the keys, policies and roles of a template or assembly, or with keys given one by one.
 *
 * It listens on 127.0.0.1 until it is stopped: call `stop()` when done, else the process does not end.
 *
 * @throws Error for what cannot work: a file that is no template, a key KMS could not have, a principal that is no role or user
 */
export async function startLocalKms(options: LocalKmsOptions = {}): Promise<LocalKms> {
  return LocalKms.start(options);
}

export { LocalKms };
export { keyAccessMatchers } from './key-access-matchers';
export type { KeyAccessAnswer, KeyAccessMatcher, KeyAccessMatchers, MatcherAnswer, MatcherState } from './key-access-matchers';
export type { LocalClientConfig } from './local-kms';
export type { LocalCredentials } from './credentials';
export type { FaultMatch, Faults } from './faults';
export type { LocalKey, LocalKmsOptions, SessionOptions } from './options';
export type { LocalCallOptions, LocalKmsPort, Members } from './port';
export type { LocalPrincipal } from './principals';
export type { LocalRequest, RequestLog, RequestSummary } from './requests';
export type {
  AsServiceOptions, DynamoDbSession, LambdaSession, S3Session, SecretsManagerSession, ServiceSession, ServiceSessions, ViaOptions,
} from './services';
export { KmsException } from './engine';
export type { AuthorizationRecord, KmsCaller, KeyDefinition, RequestRecord } from './engine';
export type {
  Decision, GrantFacts, NamedPolicy, OneOrMore, Outcome, PolicyDocument, PolicyStatement, PrincipalElement, StatementReference,
} from '../authz';
export type {
  Deployment, PolicyTarget, ResourceAddress, TemplateAlias, TemplateIdentity, TemplateKey, TemplateResource, TemplateStack, UnresolvedValue,
} from '../template';
