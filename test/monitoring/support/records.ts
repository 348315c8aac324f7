import { HERE, OTHER_ACCOUNT } from '../../support/deployed';

/**
 * CloudTrail records of KMS, as EventBridge hands them on. Fields as documented: KMS Developer Guide, "Examples of AWS KMS log entries"; CloudTrail User Guide, "CloudTrail
 * userIdentity element". Of GetPublicKey, DeriveSharedSecret, Encapsulate and Decapsulate by analogy.
 */

export interface Identity {
  readonly type?: string;
  readonly invokedBy?: string;
  readonly [field: string]: unknown;
}

const account = HERE.account;

export const role = (name: string, { path = '/', of = account, through = undefined as string | undefined } = {}): Identity => ({
  type: 'AssumedRole',
  principalId: 'AROAIGDTESTANDEXAMPLE:session',
  arn: `arn:aws:sts::${of}:assumed-role/${name}/session`,
  accountId: of,
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  sessionContext: {
    sessionIssuer: { type: 'Role', principalId: 'AROAIGDTESTANDEXAMPLE', arn: `arn:aws:iam::${of}:role${path}${name}`, accountId: of, userName: name },
    attributes: { creationDate: '2026-11-29T08:00:00Z', mfaAuthenticated: 'false' },
  },
  ...through ? { invokedBy: `${through}.amazonaws.com` } : {},
});

export const user = (name: string): Identity => ({
  type: 'IAMUser', principalId: 'AIDACKCEVSQ6C2EXAMPLE', arn: `arn:aws:iam::${account}:user/${name}`, accountId: account, accessKeyId: 'AKIAIOSFODNN7EXAMPLE', userName: name,
});

/** A user with temporary credentials: there is a session, and no issuer. */
export const userWithMfa = (name: string): Identity => ({ ...user(name), sessionContext: { attributes: { creationDate: '2026-11-29T08:00:00Z', mfaAuthenticated: 'true' } } });

export const ROOT: Identity = { type: 'Root', principalId: account, arn: `arn:aws:iam::${account}:root`, accountId: account, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' };
export const service = (name: string): Identity => ({ type: 'AWSService', invokedBy: name });
/** Callers of other accounts: the record of the key's account has no ARN. */
export const outsider = (of = OTHER_ACCOUNT.account): Identity => ({ type: 'AWSAccount', principalId: 'AROACKCEVSQ6C2EXAMPLE:session', accountId: of });
export const EC2_INFRASTRUCTURE: Identity = {
  type: 'AssumedRole',
  principalId: `${account}:aws:ec2-infrastructure:i-0123456789abcdef0`,
  arn: `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
  accountId: account,
  sessionContext: {
    sessionIssuer: { type: 'Role', principalId: `${account}:aws:ec2-infrastructure`, arn: `arn:aws:iam::${account}:role/aws:ec2-infrastructure`, accountId: account, userName: 'aws:ec2-infrastructure' },
    attributes: { mfaAuthenticated: 'false' },
  },
  invokedBy: 'AWS Internal',
};

export interface RecordOptions {
  readonly by?: Identity;
  readonly region?: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters?: object | null;
  /** ARNs of keys and aliases; `typed: false` leaves the type out, as many operations do. */
  readonly resources?: readonly string[];
  readonly typed?: boolean;
  readonly fields?: object;
}

/** Operations whose records say `readOnly`: true. */
const READS = /^(Encrypt|Decrypt|ReEncrypt|GenerateDataKey|GenerateMac|VerifyMac|GenerateRandom|Sign|Verify|Encapsulate|Decapsulate|DeriveSharedSecret|Get|List|Describe)/;

export function isRead(eventName: string): boolean {
  return READS.test(eventName);
}

/** An event of the default bus for a call of KMS. */
export function event(eventName: string, options: RecordOptions = {}): { readonly 'detail': { readonly readOnly: boolean }; readonly 'detail-type': string } {
  const { by = role('stranger'), region = HERE.region, errorCode, errorMessage, requestParameters = null, resources, typed = true, fields = {} } = options;
  const service_ = eventName.endsWith('Logging') || /Trail|Selectors/.test(eventName) ? 'cloudtrail' : 'kms';
  return {
    'version': '0',
    'id': 'f8c9dd64-1e2b-9bb4-0f4a-example11111',
    'detail-type': 'AWS API Call via CloudTrail',
    'source': `aws.${service_}`,
    'account': account,
    'time': '2026-11-29T09:15:00Z',
    region,
    'resources': [],
    'detail': {
      eventVersion: '1.11',
      userIdentity: by,
      eventTime: '2026-11-29T09:15:00Z',
      eventSource: `${service_}.amazonaws.com`,
      eventName,
      awsRegion: region,
      sourceIPAddress: by.invokedBy ?? '192.0.2.0',
      ...by.invokedBy ? {} : { userAgent: 'aws-sdk-js/3.1162.0' },
      ...errorCode ? { errorCode, errorMessage } : {},
      requestParameters,
      responseElements: null,
      requestID: '8bf7d0d0-0b0e-4d6f-9f7f-example22222',
      eventID: '4a6d9f1e-7b83-4c67-9d5a-example33333',
      readOnly: isRead(eventName),
      ...resources ? { resources: resources.map((ARN) => ({ accountId: account, ...typed ? { type: 'AWS::KMS::Key' } : {}, ARN })) } : {},
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: account,
      eventCategory: 'Management',
      ...fields,
    },
  } as never;
}

/** What KMS tells by itself. */
export function nativeEvent(detailType: string, key: string, detail: object): object {
  return {
    'version': '0',
    'id': 'f8c9dd64-1e2b-9bb4-0f4a-example44444',
    'detail-type': detailType,
    'source': 'aws.kms',
    'account': account,
    'time': '2026-11-29T09:15:00Z',
    'region': HERE.region,
    'resources': [key],
    detail,
  };
}
