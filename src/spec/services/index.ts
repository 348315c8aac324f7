import { BACKUP } from './backup';
import { CLOUDTRAIL } from './cloudtrail';
import { DYNAMODB } from './dynamodb';
import { EBS } from './ebs';
import { ECR } from './ecr';
import { EFS } from './efs';
import { EVENTBRIDGE } from './eventbridge';
import { FIREHOSE } from './firehose';
import { KINESIS } from './kinesis';
import { LAMBDA } from './lambda';
import { LAMBDA_CODE } from './lambda-code';
import { LAMBDA_DURABLE } from './lambda-durable';
import { LOGS } from './logs';
import { RDS } from './rds';
import type { KmsServiceProps } from './rows';
import { S3 } from './s3';
import { SECRETS_MANAGER } from './secrets-manager';
import { SNS } from './sns';
import { SQS } from './sqs';
import { SSM } from './ssm';
import { STEP_FUNCTIONS } from './step-functions';
import { WITHOUT_VIEW } from './without-view';

export * from './rows';
export { NEEDS, type KeyPolicyNeed, type NamedInRequest } from './needs';
export { SENDER_NAMES } from './sender-names';
export { SENDERS, type Sender } from './senders';
export { UNBOUND_CALLERS, type UnboundCaller } from './unbound-callers';

/** Every service that encrypts with KMS keys and that this library knows of, with a view or without. */
export const SERVICES = {
  S3,
  DYNAMODB,
  LAMBDA,
  LAMBDA_CODE,
  LAMBDA_DURABLE,
  SECRETS_MANAGER,
  LOGS,
  SNS,
  SQS,
  EVENTBRIDGE,
  KINESIS,
  EFS,
  ECR,
  CLOUDTRAIL,
  RDS,
  EBS,
  BACKUP,
  SSM,
  STEP_FUNCTIONS,
  FIREHOSE,
  ...WITHOUT_VIEW,
} as const satisfies Readonly<Record<string, KmsServiceProps>>;

export type ServiceName = keyof typeof SERVICES;

/** Whether a service is one of these, and not one that an app describes. */
export function isKnown(service: KmsServiceProps): boolean {
  return Object.values<KmsServiceProps>(SERVICES).includes(service);
}
