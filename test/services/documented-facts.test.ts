import { FOREIGN, almighty, place } from './documented/places';
import { TABLE, fill, requestOf } from './documented/rows';
import type { Row } from './documented/rows';
import { SCENES } from './documented/scenes';
import { KmsService } from '../../src';
import { decide } from '../../src/authz';
import { KEY_ACTIONS } from '../../src/spec/action-resources';
import { executionRole } from '../support/deployed';

/**
 * The facts about services, judged by AWS's pages from the other side: `documented-flows` shows that what the pages ask for is given, and this that nothing else is.
 */

/** What a view gives besides the requests in the table, which is a sample, and the page that asks for it. */
const ALSO: readonly { readonly use: string; readonly principal: string; readonly actions: readonly string[]; readonly page: string }[] = [
  {
    use: 'DYNAMODB multiAccountReplica',
    principal: 'replication.dynamodb.amazonaws.com',
    actions: ['kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'],
    page: 'amazondynamodb/latest/developerguide/globaltables_MA_security: Decrypt, ReEncrypt*, GenerateDataKey*, DescribeKey',
  },
  {
    use: 'RDS_MANAGED_SECRET',
    principal: '{deployer}',
    actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKey'],
    page: 'AmazonRDS/latest/UserGuide/rds-secrets-manager: with a key of the customer, Decrypt, GenerateDataKey and CreateGrant besides DescribeKey',
  },
  {
    use: 'VPC_FLOW_LOGS',
    principal: 'delivery.logs.amazonaws.com',
    actions: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
    page: 'AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3: Encrypt, Decrypt, ReEncrypt*, GenerateDataKey*, DescribeKey',
  },
  {
    use: 'CLOUDTRAIL',
    principal: 'cloudtrail.amazonaws.com',
    actions: ['kms:Decrypt'], // by way of S3 as well
    page: 'awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail: AllowCloudTrailDecryptTrail, without any condition',
  },
  {
    use: 'AUTO_SCALING',
    principal: 'arn:{partition}:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
    actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
    page: 'autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption: Encrypt, Decrypt, ReEncrypt*, GenerateDataKey*, DescribeKey; CreateGrant for AWS resources',
  },
  { use: 'CLOUDWATCH_ALARMS', principal: 'cloudwatch.amazonaws.com', actions: ['kms:Decrypt'], page: 'sns/latest/dg/sns-key-management: GenerateDataKey* and Decrypt' },
  {
    use: 'BACKUP',
    principal: '{deployer}',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    page: 'aws-backup/latest/devguide/encryption: "at a minimum" CreateGrant, GenerateDataKey and Decrypt',
  },
  { use: 'CONFIG', principal: 'config.amazonaws.com', actions: ['kms:Decrypt'], page: 'config/latest/developerguide/s3-kms-key-policy: Decrypt and GenerateDataKey' },
  { use: 'CODEPIPELINE', principal: '{executionRole}', actions: ['kms:Decrypt'], page: 'codepipeline/latest/userguide/S3-artifact-encryption: artifacts are put and got' },
  { use: 'LAMBDA_CODE', principal: 'lambda.amazonaws.com', actions: ['kms:Decrypt'], page: 'lambda/latest/dg/encrypt-zip-package: GenerateDataKey and Decrypt' },
];

/** Views that the table has as a setup of another service's. */
const SETUPS: Readonly<Record<string, readonly [service: string, setup: string]>> = { LAMBDA_DURABLE: ['LAMBDA', 'durable'] };

/** Every use of a symmetric key. DescribeKey is administration, which IAM may give to anybody of the account. */
const USES = [
  'kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext', 'kms:CreateGrant',
];

const scenes = Object.entries(SCENES).flatMap(([service, setups]) => Object.entries(setups).map(([setup, build]) => {
  return { use: setup ? `${service} ${setup}` : service, service, setup, build };
}));

/** Whether two rows are of one caller who comes the same way: the Region in `kms:ViaService` aside. */
const alike = (one: Row, other: Row) => one.principal === other.principal && one.via?.split('.')[0] === other.via?.split('.')[0];

describe.each(scenes)('whoever uses $use', ({ use, service, setup, build }) => {
  const { key, identities, values } = place(build, { props: {}, named: true });
  const everybody = [...identities.map(almighty), almighty({ arn: FOREIGN }), almighty({ arn: executionRole() })];
  const asked = TABLE.get(service)!.filter(({ expect: expected }) => expected === 'allow');
  const callers = asked.filter((row) => (row.setup ?? '') === setup && !row.grants);

  test.each([...new Set(callers.map(({ principal }) => principal))])('%s may do what a page asks for, and nothing else', (principal) => {
    const given = callers.filter((row) => row.principal === principal).flatMap((row) => {
      const request = requestOf(fill(row, values), key);
      const conditionKeys = { 'kms:GrantIsForAWSResource': 'true', 'kms:GrantOperations': ['Decrypt'], ...request.conditionKeys };
      const allowed = USES.filter((action) => decide({ identities: everybody }, { ...request, action, conditionKeys }).allowed);
      return allowed.filter((action) => !asked.some((other) => other.action === action && alike(row, other)));
    });
    const also = ALSO.filter((more) => more.use === use && more.principal === principal).flatMap(({ actions }) => actions);
    expect([...new Set(given)].sort()).toEqual([...also].sort());
  });

  test('is let in by actions that KMS has, spelled out', () => {
    const ofServices = [key.policy.Statement].flat().filter((statement) => /"(kms:ViaService|Service)":/.test(JSON.stringify(statement)));
    expect(ofServices.flatMap(({ Action }) => Action ?? []).filter((action) => !(KEY_ACTIONS as readonly string[]).includes(action))).toEqual([]);
  });
});

test('every view is judged by what AWS documents', () => {
  const services = Object.entries(KmsService).filter(([, service]) => service instanceof KmsService).map(([name]) => name);
  const isJudged = (name: string) => {
    const [service, setup] = SETUPS[name] ?? [name, ''];
    return setup in (SCENES[service] ?? {});
  };
  expect(services.filter((name) => !isJudged(name))).toEqual([]);
  expect(services.length).toBeGreaterThan(3);
});
