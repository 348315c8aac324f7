import type { EncryptionContext } from '../../runtime/kms-port';
import type { Deployment } from '../../template/types';
import type { SessionOptions } from '../options';
import { DynamoDbSession } from './dynamodb';
import { encryptionOf } from './encrypted-resources';
import { serviceContext, servicePrincipal, viaServiceName } from './facts';
import { LambdaSession } from './lambda';
import { S3Session, bucketArnOf } from './s3';
import { SecretsManagerSession } from './secrets-manager';
import type { ServiceStage, ServiceUse } from './session';
import { ServiceSession } from './session';

export { DynamoDbSession, LambdaSession, S3Session, SecretsManagerSession, ServiceSession };
export type { ServiceStage } from './session';

/** What a service does something with. */
export interface ViaOptions extends SessionOptions {
  /** ARN of the object, table, function, secret …: the encryption context follows from it. */
  readonly resource?: string;
  /**
   * The resource's key, by any of its names.
   *
   * @default - as the template has the resource encrypted
   */
  readonly key?: string;
  /** Encryption context, added to what the service sends for the resource. */
  readonly context?: EncryptionContext;
  /**
   * Whether the bucket has an S3 Bucket Key, so that the context names the bucket instead of the object.
   *
   * @default - as the template has it
   */
  readonly bucketKey?: boolean;
}

/** What a service calls for as itself. */
export interface AsServiceOptions {
  /** `aws:SourceArn`: the resource on whose account it calls. */
  readonly sourceArn?: string;
  /** `aws:SourceAccount`. @default - the account in `sourceArn` */
  readonly sourceAccount?: string;
  /** Encryption context of every call that takes one and is given none. */
  readonly context?: EncryptionContext;
  readonly region?: string;
  /** Other condition keys: `aws:SourceOrgID` … */
  readonly conditionKeys?: SessionOptions['conditionKeys'];
}

/** The sessions that know what their service does. */
export interface ServiceSessions {
  readonly s3: S3Session;
  readonly dynamodb: DynamoDbSession;
  readonly lambda: LambdaSession;
  readonly secretsmanager: SecretsManagerSession;
}

const SESSIONS: { readonly [S in keyof ServiceSessions]: new (stage: ServiceStage, use: ServiceUse) => ServiceSessions[S] } = {
  s3: S3Session, dynamodb: DynamoDbSession, lambda: LambdaSession, secretsmanager: SecretsManagerSession,
};

/** A service acting for a principal: a forward access session. */
export function throughService(
  stage: ServiceStage, deployments: readonly Deployment[], service: string, principal: string, region: string, options: ViaOptions,
): ServiceSession {
  const { resource, sessionName = 'local', conditionKeys } = options;
  const encryption = resource === undefined ? undefined : encryptionOf(service, resource, region, deployments);
  const named = service === 's3' && resource !== undefined && (options.bucketKey ?? encryption?.bucketKey) ? bucketArnOf(resource) : resource;
  const caller = stage.caller(principal, { region, sessionName });
  const use: ServiceUse = {
    service,
    region,
    caller: { ...caller, viaService: viaServiceName(service, region), ...(conditionKeys && { conditionKeys }) },
    ...(resource !== undefined && { resource }),
    ...(options.key ?? encryption?.key ? { key: options.key ?? encryption?.key } : {}),
    context: { ...(named !== undefined && serviceContext(service, named)), ...options.context },
  };
  const Session = Object.hasOwn(SESSIONS, service) ? SESSIONS[service as keyof ServiceSessions] : ServiceSession;
  return new Session(stage, use);
}

/** A service calling as itself. */
export function asService(stage: ServiceStage, service: string, account: string, region: string, options: AsServiceOptions): ServiceSession {
  const { sourceArn, context = {}, conditionKeys } = options;
  const sourceAccount = options.sourceAccount ?? (sourceArn?.split(':')[4] || undefined);
  const sources = { ...(sourceArn && { 'aws:SourceArn': sourceArn }), ...(sourceAccount && { 'aws:SourceAccount': sourceAccount }) };
  const principal = servicePrincipal(service, region);
  const caller = { principal, account: sourceAccount ?? account, region, conditionKeys: { ...sources, ...conditionKeys } };
  return new ServiceSession(stage, { service, region, caller, context });
}
