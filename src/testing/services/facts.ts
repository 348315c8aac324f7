import type { EncryptionContext } from '../../runtime/kms-port';

/** The encryption context that a service sends for one of its resources. */
interface ContextFacts {
  readonly pairs: (resourceArn: string) => EncryptionContext;
  /** The AWS page that says so. */
  readonly source: string;
}

const resourceUnder = (key: string, source: string): ContextFacts => ({ pairs: (arn) => ({ [key]: arn }), source });

/**
 * Services whose encryption context follows from the resource's ARN. By the name in `kms:ViaService`. Of any other service the
 * context is given with the call.
 */
const CONTEXTS: Readonly<Record<string, ContextFacts>> = {
  s3: resourceUnder('aws:s3:arn', 'Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys", Encryption context'),
  dynamodb: {
    pairs: (arn) => ({ 'aws:dynamodb:tableName': lastPart(arn), 'aws:dynamodb:subscriberId': arn.split(':')[4] }),
    source: 'Amazon DynamoDB Developer Guide, "DynamoDB encryption at rest usage notes", DynamoDB encryption context',
  },
  lambda: resourceUnder('aws:lambda:FunctionArn', 'AWS Lambda Developer Guide, "Using Lambda with a customer managed key"'),
  secretsmanager: resourceUnder('SecretARN', 'AWS Secrets Manager User Guide, "Secret encryption and decryption", encryption context'),
  ssm: resourceUnder('PARAMETER_ARN', 'AWS Systems Manager User Guide, "AWS KMS encryption for Parameter Store SecureString parameters"'),
  logs: resourceUnder('aws:logs:arn', 'Amazon CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS"'),
  kinesis: resourceUnder('aws:kinesis:arn', 'Amazon Kinesis Data Streams Developer Guide, "Permissions to use user-generated KMS keys"'),
  sns: resourceUnder('aws:sns:topicArn', 'Amazon SNS Developer Guide, "Key management"'),
  sqs: resourceUnder('aws:sqs:arn', 'Amazon SQS Developer Guide, "Key management"'),
  states: resourceUnder('aws:states:stateMachineArn', 'AWS Step Functions Developer Guide, "Data at rest encryption"'),
  ecr: resourceUnder('aws:ecr:arn', 'Amazon ECR User Guide, "Encryption at rest"'),
  cloudtrail: resourceUnder('aws:cloudtrail:arn', 'AWS CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail"'),
  events: resourceUnder('aws:events:event-bus:arn', 'Amazon EventBridge User Guide, "Key policies"'),
};

/** Services whose principal carries the Region: `logs.us-east-1.amazonaws.com`. The others are global: `cloudtrail.amazonaws.com`. */
const REGIONAL_PRINCIPALS = ['logs', 'dynamodb'];

/** What the service sends for this resource; undefined where that does not follow from the ARN. */
export function serviceContext(service: string, resourceArn: string): EncryptionContext | undefined {
  return Object.hasOwn(CONTEXTS, service) ? CONTEXTS[service].pairs(resourceArn) : undefined;
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
