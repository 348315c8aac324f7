import type { EncryptionContext } from '../../runtime/kms-port';

/** The encryption context for the resource with this ARN. */
type ContextOf = (resourceArn: string) => EncryptionContext;

const arnUnder = (key: string): ContextOf => (arn) => ({ [key]: arn });

/**
 * Services whose encryption context follows from the resource's ARN, by their name in `kms:ViaService`, each with the page that says so.
 * Of any other service the context is given with the call.
 */
const CONTEXTS: Readonly<Record<string, ContextOf>> = {
  // Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys", Encryption context.
  s3: arnUnder('aws:s3:arn'),
  // Amazon DynamoDB Developer Guide, "DynamoDB encryption at rest usage notes", DynamoDB encryption context.
  dynamodb: (arn) => ({ 'aws:dynamodb:tableName': lastPart(arn), 'aws:dynamodb:subscriberId': arn.split(':')[4] }),
  // AWS Lambda Developer Guide shows it for event filters and durable functions; of environment variables only their grants and CloudTrail tell.
  lambda: arnUnder('aws:lambda:FunctionArn'),
  // AWS Secrets Manager User Guide, "Secret encryption and decryption in AWS Secrets Manager"; the version id is added by each flow.
  secretsmanager: arnUnder('SecretARN'),
  // AWS Systems Manager User Guide, "AWS KMS encryption for AWS Systems Manager Parameter Store SecureString parameters".
  ssm: arnUnder('PARAMETER_ARN'),
  // Amazon CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
  logs: arnUnder('aws:logs:arn'),
  // Amazon Kinesis Data Streams Developer Guide, "Permissions to use user-generated KMS keys".
  kinesis: arnUnder('aws:kinesis:arn'),
  // Of SNS and SQS no page of AWS says it: key policies in wide use rely on it.
  sns: arnUnder('aws:sns:topicArn'),
  sqs: arnUnder('aws:sqs:arn'),
  // AWS Step Functions Developer Guide, "Data at rest encryption".
  states: arnUnder('aws:states:stateMachineArn'),
  // Amazon ECR User Guide, "Encryption at rest".
  ecr: arnUnder('aws:ecr:arn'),
  // AWS CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail".
  cloudtrail: arnUnder('aws:cloudtrail:arn'),
  // Amazon EventBridge User Guide, "Key policy for an event bus".
  events: arnUnder('aws:events:event-bus:arn'),
};

/** Services whose principal carries the Region: `logs.us-east-1.amazonaws.com`. The others are global: `cloudtrail.amazonaws.com`. */
const REGIONAL_PRINCIPALS = ['logs', 'dynamodb'];

/** What the service sends for this resource; undefined where that does not follow from the ARN. */
export function serviceContext(service: string, resourceArn: string): EncryptionContext | undefined {
  return Object.hasOwn(CONTEXTS, service) ? CONTEXTS[service](resourceArn) : undefined;
}

/** `kms:ViaService`: the suffix is the same in every partition (KMS Developer Guide, "kms:ViaService"). */
export function viaServiceName(service: string, region: string): string {
  return `${service}.${region}.amazonaws.com`;
}

/** The principal as which the service itself calls. */
export function servicePrincipal(service: string, region: string): string {
  if (service.includes('.')) return service;
  return REGIONAL_PRINCIPALS.includes(service) ? `${service}.${region}.amazonaws.com` : `${service}.amazonaws.com`;
}

/**
 * Operations with an encryption context, and the members that hold it.
 * KMS API Reference: the cryptographic operations on symmetric keys.
 */
export const CONTEXT_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Encrypt: ['EncryptionContext'],
  Decrypt: ['EncryptionContext'],
  GenerateDataKey: ['EncryptionContext'],
  GenerateDataKeyWithoutPlaintext: ['EncryptionContext'],
  GenerateDataKeyPair: ['EncryptionContext'],
  GenerateDataKeyPairWithoutPlaintext: ['EncryptionContext'],
  ReEncrypt: ['SourceEncryptionContext', 'DestinationEncryptionContext'],
};

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
